function mustBeFolder(path)
%MUSTBEFOLDER Stands in for MATLAB's mustBeFolder(path).

  if ~isfolder(path)
    error('MATLAB:validators:mustBeFolder', 'The following folders do not exist: %s.', path);
  end
end
