function pybn_batch(first, last, programs)
%PYBN_BATCH Run the jobs first..last of the session's folder, each in a process forked for it alone.
%   Whatever a case does to its process (variables, path, folder, warnings, a crash) ends with it. The answer
%   to NNNNNN.in goes to NNNNNN.out, renamed into place when it is whole, so that whoever waits for it never
%   reads half of one. NNNNNN.run marks a job as begun. What jobs have in common is in NNNNNN.program.
%
%   Jobs with the same folders on their path are forked from one process that has put them there, which takes
%   Octave longer than most cases: it looks at every folder that it knows.

  warning('off', 'Octave:shadowed-function');
  kernel = fileparts(which('_make_figures'));
  if ~isempty(kernel)
    rmpath(kernel);  % brings an input() and a pause() for notebooks
  end
  crash_dumps_octave_core(false);
  sighup_dumps_octave_core(false);
  sigterm_dumps_octave_core(false);
  k = first;
  while k <= last
    pid = fork();
    if pid == 0
      pybn_group(k, last, programs(k - first + 1:end));  % does not return
    end
    [~, status] = waitpid(pid);
    k = answered(k, last, status);
  end
end

function k = answered(k, last, status)
%ANSWERED Return the first job without an answer; where the group's end was not one of its own, answer that too.
  folder = getenv('PYBN_SESSION');  % oct2py would lose what is not ASCII in it
  while k <= last
    base = fullfile(folder, sprintf('%06d', k));
    [~, missing] = stat([base '.out']);
    [~, unread] = stat([base '.in']);  % who reads an answer removes both
    if missing && ~unread
      break
    end
    k = k + 1;
  end
  if k <= last && ~(WIFEXITED(status) && WEXITSTATUS(status) == 0)
    pybn_answer(base, pybn_reply(pybn_ending(status)));
    k = k + 1;
  end
end
