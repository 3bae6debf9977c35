function clean = pybn_reset(folder)
%PYBN_RESET Take back what a case left in this MATLAB. Return whether no file of the session's copies is in memory.
%   A class of which an object is still somewhere, and a function that has locked itself, stay.

  setenv('PYBN_SESSION', folder);  % marks all that the next case starts
  setenv('TMPDIR', fullfile(folder, 'tmp'));
  attempt(@() warning('off', 'all'));
  attempt(@() lastwarn(''));
  attempt(@() lasterr(''));
  attempt(@() dbclear('all'));
  attempt(@() format());
  attempt(@() more('off'));
  attempt(@() delete(timerfindall()));
  attempt(@() delete(findall(0, 'Type', 'figure')));
  attempt(@() fclose('all'));
  attempt(@() evalin('base', 'clear global'));
  attempt(@() evalin('base', 'clear classes'));
  try
    copies = fullfile(folder, 'copies');
    clean = ~any(strncmp(inmem('-completenames'), copies, numel(copies)));
  catch
    clean = false;
  end
end

function attempt(action)
  try
    action();
  catch
  end
end
