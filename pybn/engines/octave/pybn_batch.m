function pybn_batch(first, last, programs)
%PYBN_BATCH Run the jobs first..last of the session's folder, each in a process forked for it alone.
%   Whatever a case does to its process (variables, path, folder, warnings, a crash) ends with it. The answer
%   to NNNNNN.in goes to NNNNNN.out, renamed into place when it is whole, so that whoever waits for it never
%   reads half of one. NNNNNN.run marks a job as begun. What jobs have in common is in NNNNNN.program.

  folder = getenv('PYBN_SESSION');  % oct2py would lose what is not ASCII in it
  warning('off', 'Octave:shadowed-function');
  kernel = fileparts(which('_make_figures'));
  if ~isempty(kernel)
    rmpath(kernel);  % brings an input() and a pause() for notebooks
  end
  crash_dumps_octave_core(false);
  sighup_dumps_octave_core(false);
  sigterm_dumps_octave_core(false);
  loaded = -1;
  work = '';
  for k = first:last
    base = fullfile(folder, sprintf('%06d', k));
    if programs(k - first + 1) ~= loaded
      loaded = programs(k - first + 1);
      program = pybn_read(fullfile(folder, sprintf('%06d.program', loaded)));
    end
    if isempty(work) || numel(readdir(work)) ~= 2  % a case has left something there, or removed it
      cd(folder);
      work = [base '.work'];
      mkdir(work);
      cd(work);
    end
    fclose(fopen([base '.run'], 'w'));
    pid = fork();
    if pid == 0
      pybn_case(program, base);  % does not return
    end
    [~, status] = waitpid(pid);
    [~, missing] = stat([base '.out']);
    if missing
      pybn_write(base, pybn_reply(ending(status)));
    end
  end
  cd(folder);
end

function text = ending(status)
  if WIFSIGNALED(status)
    text = sprintf('ended Octave before it was done: signal %d', WTERMSIG(status));
  else
    text = sprintf('ended Octave before it was done: exit(%d)', WEXITSTATUS(status));
  end
end
