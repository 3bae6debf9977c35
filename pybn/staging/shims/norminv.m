function x = norminv(p, mu, sigma)
%NORMINV Stands in for MATLAB's norminv(p, mu, sigma).

  if nargin < 2
    mu = 0;
  end
  if nargin < 3
    sigma = 1;
  end
  x = mu - sqrt(2) * sigma .* erfcinv(2 * p);
end
