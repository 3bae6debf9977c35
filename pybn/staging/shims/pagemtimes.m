function z = pagemtimes(x, varargin)
%PAGEMTIMES Stands in for MATLAB's pagemtimes(X, Y) and pagemtimes(X, transpX, Y, transpY): products page by page.

  how = {'none', 'none'};
  if numel(varargin) == 3
    how = {varargin{1}, varargin{3}};
    y = varargin{2};
  else
    y = varargin{1};
  end
  x = turned(x, how{1});
  y = turned(y, how{2});
  sizes = {size(x), size(y)};
  count = max(cellfun(@numel, sizes));
  sizes = cellfun(@(s) [s, ones(1, count - numel(s))], sizes, 'UniformOutput', false);
  outer = max(sizes{1}(3:end), sizes{2}(3:end));
  for k = 1:2
    if any(sizes{k}(3:end) ~= outer & sizes{k}(3:end) ~= 1)
      error('pybn:shim', 'pagemtimes: the pages of both arrays have to match');
    end
    repeat = ones(1, count);
    repeat(3:end) = outer ./ sizes{k}(3:end);
    if k == 1
      x = repmat(x, repeat);
    else
      y = repmat(y, repeat);
    end
  end
  z = zeros([size(x, 1), size(y, 2), outer], superior(x, y));
  for k = 1:prod(outer)
    z(:, :, k) = x(:, :, k) * y(:, :, k);
  end
end

function x = turned(x, how)
  switch how
    case 'none'
    case 'transpose'
      x = permute(x, [2, 1, 3:ndims(x)]);
    case 'ctranspose'
      x = conj(permute(x, [2, 1, 3:ndims(x)]));
    otherwise
      error('pybn:shim', 'pagemtimes: pybn knows none, transpose and ctranspose, not ''%s''', how);
  end
end

function name = superior(x, y)
  name = 'double';
  if isa(x, 'single') || isa(y, 'single')
    name = 'single';
  end
end
