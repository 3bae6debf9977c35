function mustBeUnderlyingType(x, names)
%MUSTBEUNDERLYINGTYPE Stands in for MATLAB's mustBeUnderlyingType(value, type names).

  if ~any(strcmp(class(x), names))
    error('MATLAB:validators:mustBeUnderlyingType', 'Value must be of another underlying type than %s.', class(x));
  end
end
