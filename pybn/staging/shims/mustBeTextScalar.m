function mustBeTextScalar(x)
%MUSTBETEXTSCALAR Stands in for MATLAB's mustBeTextScalar(value): a row of char.

  if ~(ischar(x) && (isrow(x) || isempty(x)))
    error('MATLAB:validators:mustBeTextScalar', 'Value must be a character vector or string scalar.');
  end
end
