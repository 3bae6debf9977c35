function mustBeNonzeroLengthText(x)
%MUSTBENONZEROLENGTHTEXT Stands in for MATLAB's mustBeNonzeroLengthText(value).

  if (ischar(x) && isempty(x)) || (iscell(x) && any(cellfun(@isempty, x(:)))) || ~(ischar(x) || iscellstr(x))
    error('MATLAB:validators:mustBeNonzeroLengthText', 'Value must be text with one or more characters.');
  end
end
