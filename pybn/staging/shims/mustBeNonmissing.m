function mustBeNonmissing(x)
%MUSTBENONMISSING Stands in for MATLAB's mustBeNonmissing(value).

  if any(ismissing(x)(:))
    error('MATLAB:validators:mustBeNonmissing', 'Value must not contain missing values.');
  end
end
