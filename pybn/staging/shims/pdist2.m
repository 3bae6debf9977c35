function d = pdist2(x, y, kind)
%PDIST2 Stands in for MATLAB's pdist2(X, Y, distance): euclidean, squaredeuclidean, cityblock, chebychev, cosine.

  if nargin < 3
    kind = 'euclidean';
  end
  d = zeros(size(x, 1), size(y, 1));
  for k = 1:size(y, 1)
    difference = x - y(k, :);
    switch kind
      case 'euclidean'
        d(:, k) = sqrt(sum(difference .^ 2, 2));
      case 'squaredeuclidean'
        d(:, k) = sum(difference .^ 2, 2);
      case 'cityblock'
        d(:, k) = sum(abs(difference), 2);
      case 'chebychev'
        d(:, k) = max(abs(difference), [], 2);
      case 'cosine'
        d(:, k) = 1 - x * y(k, :).' ./ (sqrt(sum(x .^ 2, 2)) * sqrt(sum(y(k, :) .^ 2)));
      otherwise
        error('pybn:shim', 'pdist2: pybn has no distance ''%s''', kind);
    end
  end
end
