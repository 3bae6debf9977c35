function y = bn_forward(x, w, b, eps)
  mu = mean(x, 1);
  xmu = bsxfun(@minus, x, mu);
  ivar = 1 ./ sqrt(mean(xmu .^ 2, 1) + eps);
  y = bsxfun(@plus, bsxfun(@times, bsxfun(@times, xmu, ivar), w), b);
end
