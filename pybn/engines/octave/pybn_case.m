function pybn_case(program, base)
%PYBN_CASE Run one job in this process, write its answer, and end.
%   What is printed, here and by whatever the case starts, goes to NNNNNN.log; nobody answers on standard input.

  home = path();
  try
    log = fopen([base '.log'], 'w');
    dup2(log, stdout);
    dup2(log, stderr);
    dup2(fopen('/dev/null', 'r'), stdin);
    data = pybn_read([base '.in']);
    if ~isempty(program.path)
      addpath(program.path{:});
    end
    seed();
    reply = pybn_steps(program, data, [base '.run']);
  catch problem
    reply = pybn_reply(problem.message);
  end
  try
    leave(program.path, home);
    pybn_write(base, reply);
  catch problem
    try
      pybn_write(base, pybn_reply(['the answer cannot be written: ' problem.message]));
    catch
    end
  end
  kill(getpid(), 9);  % an exit would run what the case left to be run then
end

function leave(folders, home)
%LEAVE Take the case's folders off the path: a function that it shadows must not write the answer.
  if ~isempty(folders)
    rmpath(folders{:});
  end
  if ~strcmp(path(), home)
    path(home);  % slow
  end
end

function seed()
  rand('twister', 42);
  randn('twister', 42);
  rande('twister', 42);
  randg('twister', 42);
  randp('twister', 42);
end
