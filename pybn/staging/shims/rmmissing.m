function [x, gone] = rmmissing(x, dim)
%RMMISSING Stands in for MATLAB's rmmissing(A, dim) of vectors and matrices: without the elements, rows or columns.

  gone = ismissing(x);
  if isvector(x) && nargin < 2
    x(gone) = [];
    return
  end
  if ndims(x) > 2
    error('pybn:shim', 'rmmissing: pybn takes vectors and matrices');
  end
  if nargin < 2
    dim = 1;
  end
  gone = any(gone, 3 - dim);
  if dim == 1
    x(gone, :) = [];
  else
    x(:, gone) = [];
  end
end
