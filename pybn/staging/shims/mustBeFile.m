function mustBeFile(path)
%MUSTBEFILE Stands in for MATLAB's mustBeFile(path).

  if ~isfile(path)
    error('MATLAB:validators:mustBeFile', 'The following files do not exist: %s.', path);
  end
end
