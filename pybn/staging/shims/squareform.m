function y = squareform(x)
%SQUAREFORM Stands in for MATLAB's squareform: distances of pairs as a symmetric matrix, and back.

  if isvector(x) && ~(isscalar(x) && x == 0)
    n = (1 + sqrt(1 + 8 * numel(x))) / 2;
    if n ~= fix(n)
      error('pybn:shim', 'squareform: no number of points has %d pairs', numel(x));
    end
    y = zeros(n, class(x));
    y(tril(true(n), -1)) = x;
    y = y + y.';
  else
    y = x(tril(true(size(x)), -1)).';
  end
end
