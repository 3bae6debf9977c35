function [y, at] = maxk(x, k, dim)
%MAXK Stands in for MATLAB's maxk(A, k, dim): the k largest, largest first, of real numbers; NaN counts as the smallest.

  if nargin < 3
    dim = find([size(x), 2] ~= 1, 1);
  end
  [y, at] = pybn_first(x, k, dim, 'descend');
end
