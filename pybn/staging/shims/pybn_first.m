function [y, at] = pybn_first(x, k, dim, order)
%PYBN_FIRST The first k along a dimension of what is sorted with NaN last: what maxk and mink share.

  if iscomplex(x)
    error('pybn:shim', 'maxk, mink: pybn takes real numbers');
  end
  key = x;
  if strcmp(order, 'descend') && isfloat(x)
    key(isnan(x)) = -Inf;  % sort puts NaN first in descending order
  end
  [~, at] = sort(key, dim, order);
  if strcmp(order, 'descend') && any(isnan(x(:)))
    [~, by_nan] = sort(isnan(pick(x, at, dim)), dim);
    at = pick(at, by_nan, dim);
  end
  index = repmat({':'}, 1, max(ndims(x), dim));
  index{dim} = 1:min(k, size(x, dim));
  at = at(index{:});
  y = pick(x, at, dim);
end

function y = pick(x, at, dim)
  grid = cell(1, max(ndims(at), dim));
  ranges = arrayfun(@(d) 1:size(at, d), 1:numel(grid), 'UniformOutput', false);
  [grid{:}] = ndgrid(ranges{:});
  grid{dim} = at;
  sizes = arrayfun(@(d) size(x, d), 1:numel(grid));
  y = reshape(x(sub2ind(sizes, grid{:})), size(at));
end
