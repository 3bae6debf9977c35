function d = pdist(x, varargin)
%PDIST Stands in for MATLAB's pdist(X, distance), with the distances of pdist2: a row, (2,1), (3,1) and so on.

  whole = pdist2(x, x, varargin{:});
  d = whole(tril(true(size(whole)), -1)).';
end
