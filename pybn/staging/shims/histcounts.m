function [n, edges, bin] = histcounts(x, edges, varargin)
%HISTCOUNTS Stands in for MATLAB's histcounts(X, edges) with 'Normalization'. It does not choose bins: edges are needed.

  if nargin < 2 || ~isnumeric(edges) || isscalar(edges)
    error('pybn:shim', 'histcounts: pybn wants the edges of the bins; it does not choose them as MATLAB does');
  end
  how = 'count';
  if numel(varargin) == 2 && strcmpi(varargin{1}, 'Normalization')
    how = varargin{2};
  elseif ~isempty(varargin)
    error('pybn:shim', 'histcounts: pybn knows the option Normalization');
  end
  edges = edges(:).';
  bin = discretize(x, edges);
  bin(isnan(bin)) = 0;
  n = accumarray(bin(bin > 0)(:), 1, [numel(edges) - 1, 1]).';
  switch how
    case 'count'
    case 'probability'
      n = n / numel(x);
    case 'countdensity'
      n = n ./ diff(edges);
    case 'pdf'
      n = n / numel(x) ./ diff(edges);
    case 'cumcount'
      n = cumsum(n);
    case 'cdf'
      n = cumsum(n / numel(x));
    otherwise
      error('pybn:shim', 'histcounts: pybn has no normalization ''%s''', how);
  end
end
