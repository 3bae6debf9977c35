function w = gausswin(n, alpha)
%GAUSSWIN Stands in for MATLAB's gausswin(L, alpha): exp(-(alpha n / ((L - 1) / 2))^2 / 2), a column.

  if nargin < 2
    alpha = 2.5;
  end
  half = (n - 1) / 2;
  w = exp(-0.5 * (alpha * ((0:n - 1).' - half) / half) .^ 2);
end
