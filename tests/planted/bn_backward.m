function dx = bn_backward(x, w, dy, eps)
  n = size(x, 1);
  xmu = bsxfun(@minus, x, mean(x, 1));
  ivar = 1 ./ sqrt(mean(xmu .^ 2, 1) + eps);
  xhat = bsxfun(@times, xmu, ivar);
  g = bsxfun(@times, dy, w);
  dx = bsxfun(@times, n * g - repmat(sum(g, 1), n, 1) - bsxfun(@times, xhat, sum(g .* xhat, 1)), ivar / n);
end
