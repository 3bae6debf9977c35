function y = immse(a, b)
%IMMSE Stands in for MATLAB's immse(X, Y): the mean of the squared differences, in double.

  if ~isequal(size(a), size(b)) || ~strcmp(class(a), class(b))
    error('pybn:shim', 'immse: wanted two arrays of one size and class');
  end
  d = double(a(:)) - double(b(:));
  y = sum(d .^ 2) / numel(d);
end
