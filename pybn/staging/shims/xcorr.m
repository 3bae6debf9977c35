function [c, lags] = xcorr(x, varargin)
%XCORR Stands in for MATLAB's xcorr(x, y, maxlag, scale) of vectors: sums, not FFT; none, biased, unbiased, coeff.

  y = [];
  most = [];
  scale = 'none';
  for k = 1:numel(varargin)
    if ischar(varargin{k})
      scale = varargin{k};
    elseif k == 1 && ~isscalar(varargin{k})
      y = varargin{k};
    else
      most = varargin{k};
    end
  end
  if ~isvector(x) || (~isempty(y) && ~isvector(y))
    error('pybn:shim', 'xcorr: pybn takes vectors');
  end
  turned = isrow(x);
  x = x(:);
  if isempty(y)
    y = x;
  end
  y = y(:);
  n = max(numel(x), numel(y));
  if any(strcmp(scale, {'biased', 'unbiased', 'coeff', 'normalized'})) && numel(x) ~= numel(y)
    error('pybn:shim', 'xcorr: wanted vectors of one length for ''%s''', scale);
  end
  x(end + 1:n) = 0;
  y(end + 1:n) = 0;
  if isempty(most)
    most = n - 1;
  end
  lags = -most:most;
  c = zeros(2 * most + 1, 1);
  for k = lags
    at = max(1, 1 + k):min(n, n + k);
    c(k + most + 1) = sum(x(at) .* conj(y(at - k)));
  end
  switch scale
    case 'none'
    case 'biased'
      c = c / n;
    case 'unbiased'
      c = c ./ max(n - abs(lags(:)), 1);
    case {'coeff', 'normalized'}
      c = c / sqrt(sum(abs(x) .^ 2) * sum(abs(y) .^ 2));
    otherwise
      error('pybn:shim', 'xcorr: pybn has no scale ''%s''', scale);
  end
  if turned
    c = c.';
  end
end
