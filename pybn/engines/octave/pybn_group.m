function pybn_group(first, last, programs)
%PYBN_GROUP In a process forked for it: run the jobs that have the path of the first, and end.
%   The path is set here, once. Where it would hide functions of Octave, each case sets it for itself instead, and
%   takes it back before it answers: nothing of the driver runs under such a path.

  folder = getenv('PYBN_SESSION');
  work = '';
  loaded = -1;
  for k = first:last
    base = fullfile(folder, sprintf('%06d', k));
    if programs(k - first + 1) ~= loaded
      loaded = programs(k - first + 1);
      program = pybn_read(fullfile(folder, sprintf('%06d.program', loaded)));
    end
    if k == first
      fclose(fopen([base '.run'], 'w'));  % what setting the path may run is of this job
      shared = program.path;
      paths = enter(shared);
    elseif ~isequal(program.path, shared)
      break
    end
    [~, absent] = stat([base '.work']);  % there are files in it that the case reads
    if isempty(work) || ~absent || numel(readdir(work)) ~= 2  % a case has left something there, or removed it
      cd(folder);
      work = [base '.work'];
      if absent
        mkdir(work);
      end
      cd(work);
    end
    fclose(fopen([base '.run'], 'w'));
    pid = fork();
    if pid == 0
      pybn_case(program, base, paths);  % does not return
    end
    [~, status] = waitpid(pid);
    [~, missing] = stat([base '.out']);
    if missing
      pybn_answer(base, pybn_reply(pybn_ending(status)));
    end
  end
  exec('true');  % ends this process with a status, and with nothing run that would be at an exit
end

function paths = enter(folders)
%ENTER Put the folders on the path where that hides nothing. Return the path before, and after.
  paths = struct('home', path(), 'shared', '');
  if isempty(folders) || hides(folders)
    return
  end
  dup2(fopen('/dev/null', 'w'), stdout);  % a folder may have something that runs now
  dup2(stdout, stderr);
  dup2(fopen('/dev/null', 'r'), stdin);
  addpath(folders{:});
  paths.shared = path();
end

function found = hides(folders)
%HIDES Tell whether a folder has a function or a package named as one that Octave has, or methods for its classes.
  classes = {'double', 'single', 'char', 'logical', 'cell', 'struct', 'function_handle', 'int8', 'int16', 'int32', ...
             'int64', 'uint8', 'uint16', 'uint32', 'uint64'};
  found = false;
  for k = 1:numel(folders)
    names = readdir(folders{k});
    for m = 1:numel(names)
      [~, stem, suffix] = fileparts(names{m});
      packed = names{m}(1) == '+';
      if packed
        stem = names{m}(2:end);
      end
      known = (packed || any(strcmp(suffix, {'.m', '.mex', '.oct'}))) && any(exist(stem) == [2 3 5 103]);
      if known || any(strcmp(names{m}, strcat('@', classes)))
        found = true;
        return
      end
    end
  end
end
