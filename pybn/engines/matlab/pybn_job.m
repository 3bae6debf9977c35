function pybn_job(program, base, home)
%PYBN_JOB Run one job and write its answer, with what its steps printed.
%   Where the job's files cannot be read, or its answer cannot be written, that is an error, and ends this MATLAB.

  data = pybn_read([base '.in']);
  fclose(fopen([base '.run'], 'w'));
  reply = pybn_reply('');
  printed = '';
  try
    [~, ~] = mkdir([base '.work']);  % it may be there, with files that the case reads
    cd([base '.work']);
    rng(42, 'twister');
    if ~isempty(program.path)
      addpath(program.path{:});
    end
    printed = evalc('reply = pybn_steps(program, data, [base ''.run'']);');
  catch problem
    reply = pybn_reply(problem.message);
  end
  go_home(program.path, home);
  reply.printed = printed;
  try
    pybn_write([base '.out'], reply, 'uint16');
  catch problem
    pybn_write([base '.out'], pybn_reply(['the answer cannot be written: ' problem.message]), 'uint16');
  end
  fclose(fopen([base '.done'], 'w'));
end

function go_home(folders, home)
%GO_HOME Take back folder and path, before anything of ours is called by a name that a case may have given to its own.
%   To set the whole path is slow; where the case did not change it, to take its folders off is enough.
  builtin('cd', home.folder);
  try
    if ~isempty(folders)
      home.take(folders{:});
    end
    if strcmp(home.set(), home.path)
      return
    end
  catch
  end
  try
    home.set(home.path);
  catch
    matlabpath(home.path);  % the case has left nothing on the path, not even path itself
  end
end
