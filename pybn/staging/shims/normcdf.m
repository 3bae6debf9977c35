function y = normcdf(x, mu, sigma)
%NORMCDF Stands in for MATLAB's normcdf(x, mu, sigma).

  if nargin < 2
    mu = 0;
  end
  if nargin < 3
    sigma = 1;
  end
  y = 0.5 * erfc(-(x - mu) ./ (sigma * sqrt(2)));
end
