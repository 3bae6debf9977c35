function x = head(x, k)
%HEAD Stands in for MATLAB's head(A, k): the first k rows, 8 unless given.

  if nargin < 2
    k = 8;
  end
  x = x(1:min(k, size(x, 1)), :);
end
