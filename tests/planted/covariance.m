function c = covariance(x)
  c = cov(x);
end
