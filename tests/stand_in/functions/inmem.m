function found = inmem(option)
%INMEM Of what MATLAB would name, the functions of the session's copies that have locked themselves.
  found = glob(fullfile(getenv('PYBN_SESSION'), 'copies', '*', '*.m'));
  found = found(cellfun(@is_locked, found));
end

function found = is_locked(file)
  [~, name] = fileparts(file);
  try
    found = mislocked(name);
  catch
    found = false;
  end
end
