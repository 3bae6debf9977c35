function mustBeScalarOrEmpty(x)
%MUSTBESCALAROREMPTY Stands in for MATLAB's mustBeScalarOrEmpty(value).

  if ~isscalar(x) && ~isempty(x)
    error('MATLAB:validators:mustBeScalarOrEmpty', 'Value must be a scalar or empty.');
  end
end
