function mustBeFloat(x)
%MUSTBEFLOAT Stands in for MATLAB's mustBeFloat(value).

  if ~isfloat(x)
    error('MATLAB:validators:mustBeFloat', 'Value must be a floating-point array.');
  end
end
