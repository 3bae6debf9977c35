function y = mat2gray(x, limits)
%MAT2GRAY Stands in for MATLAB's mat2gray(A, [low high]): A from low to high becomes 0 to 1.

  x = double(x);
  if nargin < 2
    limits = [min(x(:)), max(x(:))];
  end
  low = double(limits(1));
  high = double(limits(2));
  if high == low
    y = x;
  else
    y = (x - low) / (high - low);
  end
  y = min(max(y, 0), 1);
end
