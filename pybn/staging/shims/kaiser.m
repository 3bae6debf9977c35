function w = kaiser(n, beta)
%KAISER Stands in for MATLAB's kaiser(L, beta), beta 0.5 unless given, a column.

  if nargin < 2
    beta = 0.5;
  end
  w = pybn_window(n, false, @(t) besseli(0, beta * sqrt(1 - (2 * t - 1) .^ 2)) / besseli(0, beta));
end
