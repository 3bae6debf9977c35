function y = nanmean(x, varargin)
%NANMEAN Stands in for MATLAB's nanmean(X, dim): the sum of what is not NaN by how many they are.

  n = sum(~isnan(x), varargin{:});
  n(n == 0) = NaN;
  x(isnan(x)) = 0;
  y = sum(x, varargin{:}) ./ n;
end
