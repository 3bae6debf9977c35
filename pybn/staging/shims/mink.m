function [y, at] = mink(x, k, dim)
%MINK Stands in for MATLAB's mink(A, k, dim): the k smallest, smallest first, of real numbers; NaN counts largest.

  if nargin < 3
    dim = find([size(x), 2] ~= 1, 1);
  end
  [y, at] = pybn_first(x, k, dim, 'ascend');
end
