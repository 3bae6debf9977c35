function x = tail(x, k)
%TAIL Stands in for MATLAB's tail(A, k): the last k rows, 8 unless given.

  if nargin < 2
    k = 8;
  end
  x = x(max(1, end - k + 1):end, :);
end
