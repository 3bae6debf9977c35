function mustBeA(x, names)
%MUSTBEA Stands in for MATLAB's mustBeA(value, class names).

  if ischar(names)
    names = {names};
  end
  if ~any(cellfun(@(name) isa(x, name), names(:)))
    error('MATLAB:validators:mustBeA', 'Value must be one of the following types: %s.', strjoin(names(:).', ', '));
  end
end
