function pybn_batch(folder, first, last)
%PYBN_BATCH Run the cases first..last of a folder; the answer to NNNNNN.in goes to NNNNNN.out.
%   NNNNNN.run marks a case as begun. An answer is renamed into place when it is whole, so that
%   whoever waits for it never reads half of one, and keeps what was done when Octave ends early.

  home = pwd();
  before = path();
  warning('off', 'Octave:shadowed-function');
  for k = first:last
    base = fullfile(folder, sprintf('%06d', k));
    spec = pybn_read([base '.in']);
    fclose(fopen([base '.run'], 'w'));
    reply = pybn_case(spec);
    cd(home);
    path(before);
    pybn_write([base '.tmp'], reply);
    rename([base '.tmp'], [base '.out']);
    clear spec reply
    forget();
  end
end

function forget()
%FORGET Drop persistent variables and Map-valued property defaults, which outlive an object.
%   In a function of its own, since it drops the variables of its caller too.
  clear classes
end
