function x = pybn_text(x, name)
%PYBN_TEXT What MATLAB does to a value that is declared as `name (1,1) string`, as far as char can hold it.

  if iscellstr(x) && isscalar(x)
    x = x{1};
  end
  if ~(ischar(x) && (isrow(x) || isempty(x)))
    error('MATLAB:validation:UnableToConvert', '%s: wanted text, got a value of class %s', name, class(x));
  end
end
