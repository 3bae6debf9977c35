function y = discretize(x, edges, varargin)
%DISCRETIZE Stands in for MATLAB's discretize(X, edges, values, 'IncludedEdge', side) with numeric edges and values.

  side = 'left';
  values = [];
  k = 1;
  while k <= numel(varargin)
    if isnumeric(varargin{k})
      values = varargin{k};
      k = k + 1;
    elseif strcmpi(varargin{k}, 'IncludedEdge')
      side = varargin{k + 1};
      k = k + 2;
    else
      error('pybn:shim', 'discretize: pybn knows numeric values and IncludedEdge');
    end
  end
  if ~isnumeric(edges) || isscalar(edges)
    error('pybn:shim', 'discretize: pybn wants the edges of the bins');
  end
  edges = edges(:);
  y = NaN(size(x));
  last = numel(edges) - 1;
  for b = 1:last
    if strcmp(side, 'left')
      inside = x >= edges(b) & (x < edges(b + 1) | (b == last & x == edges(end)));
    else
      inside = (x > edges(b) | (b == 1 & x == edges(1))) & x <= edges(b + 1);
    end
    y(inside) = b;
  end
  if ~isempty(values)
    known = ~isnan(y);
    y(known) = values(y(known));
  end
end
