function pybn_batch(folder, first, last)
%PYBN_BATCH Run the cases first..last of a folder; the answer to NNNNNN.in goes to NNNNNN.out.
%   NNNNNN.run marks a case as begun. An answer is renamed into place when it is whole, so that
%   whoever waits for it never reads half of one, and keeps what was done when Octave ends early.
%   What cases have in common, the folders on the path and the steps, is in NNNNNN.program.

  warning('off', 'Octave:shadowed-function');
  home = pwd();
  base_path = path();
  loaded = -1;
  for k = first:last
    base = fullfile(folder, sprintf('%06d', k));
    data = pybn_read([base '.in']);
    if data.program ~= loaded
      program = pybn_read(fullfile(folder, sprintf('%06d.program', data.program)));
      loaded = data.program;
      path(base_path);
      for m = 1:numel(program.path)
        addpath(program.path{m});
      end
      case_path = path();
    end
    fclose(fopen([base '.run'], 'w'));
    reply = pybn_case(program, data);
    cd(home);
    if ~strcmp(path(), case_path)
      path(case_path);
    end
    pybn_write([base '.tmp'], reply);
    rename([base '.tmp'], [base '.out']);
    clear data reply
    forget();
  end
  path(base_path);
end

function forget()
%FORGET Drop persistent variables and Map-valued property defaults, which outlive an object.
%   In a function of its own, since it drops the variables of its caller too.
  clear classes
end
