function pybn_case(program, base, paths)
%PYBN_CASE Run one job in this process, write its answer, and end.
%   What is printed, here and by whatever the case starts, goes to NNNNNN.log, warnings and other errors to
%   NNNNNN.err; nobody answers on standard input.

  try
    dup2(fopen([base '.log'], 'w'), stdout);
    dup2(fopen([base '.err'], 'w'), stderr);
    dup2(fopen('/dev/null', 'r'), stdin);
    data = pybn_read([base '.in']);
    if ~isempty(program.path) && isempty(paths.shared)
      addpath(program.path{:});
    end
    seed();
    reply = pybn_steps(program, data, [base '.run']);
    fflush(stdout);
  catch problem
    reply = pybn_reply(problem.message);
  end
  try
    leave(program.path, paths);
    pybn_answer(base, reply);
  catch problem
    try
      pybn_answer(base, pybn_reply(['the answer cannot be written: ' problem.message]));
    catch
    end
  end
  kill(getpid(), 9);  % an exit would run what the case left to be run then
end

function leave(folders, paths)
%LEAVE See to it that no function of the case writes the answer. Changing the path is slow.
  wanted = paths.shared;
  if isempty(paths.shared)
    wanted = paths.home;
    if ~isempty(folders)
      rmpath(folders{:});
    end
  end
  if ~strcmp(path(), wanted)
    path(paths.home);
  end
end

function seed()
  rand('twister', 42);
  randn('twister', 42);
  rande('twister', 42);
  randg('twister', 42);
  randp('twister', 42);
end
