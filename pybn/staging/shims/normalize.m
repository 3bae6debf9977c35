function y = normalize(x, varargin)
%NORMALIZE Stands in for MATLAB's normalize(A, dim, method): zscore (std), range, center (mean), scale (std), norm (p).

  dim = find([size(x), 2] ~= 1, 1);
  if ~isempty(varargin) && isnumeric(varargin{1})
    dim = varargin{1};
    varargin(1) = [];
  end
  method = 'zscore';
  if ~isempty(varargin)
    method = varargin{1};
  end
  more = varargin(2:end);
  switch method
    case 'zscore'
      only(more, 'std');
      spread = std(x, 0, dim);
      spread(spread == 0) = 1;
      y = (x - mean(x, dim)) ./ spread;
    case 'range'
      if isempty(more)
        more = {[0, 1]};
      end
      low = min(x, [], dim);
      high = max(x, [], dim);
      y = more{1}(1) + (x - low) ./ (high - low) * (more{1}(2) - more{1}(1));
    case 'center'
      only(more, 'mean');
      y = x - mean(x, dim);
    case 'scale'
      only(more, 'std');
      y = x ./ std(x, 0, dim);
    case 'norm'
      if isempty(more)
        more = {2};
      end
      y = x ./ vecnorm(x, more{1}, dim);
    otherwise
      error('pybn:shim', 'normalize: pybn has no method ''%s''', method);
  end
end

function only(given, known)
  if ~isempty(given) && ~isequal(given, {known})
    error('pybn:shim', 'normalize: pybn does not know this method type');
  end
end
