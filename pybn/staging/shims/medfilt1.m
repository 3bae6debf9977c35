function y = medfilt1(x, n)
%MEDFILT1 Stands in for MATLAB's medfilt1(x, n) of a vector, or down the columns: zeros beyond the ends.

  if nargin < 2
    n = 3;
  end
  turned = isrow(x);
  if turned
    x = x(:);
  end
  before = floor(n / 2);
  y = zeros(size(x), class(x));
  for c = 1:size(x, 2)
    wide = [zeros(before, 1); x(:, c); zeros(n - 1 - before, 1)];
    y(:, c) = median(im2col(wide, [n, 1]), 1);
  end
  if turned
    y = y.';
  end
end
