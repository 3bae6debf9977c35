function y = spatial_bn(x, eps)
  s = size(x);
  flat = reshape(permute(x, [1 2 4 3]), [], s(3));
  mu = mean(flat, 1);
  v = mean(bsxfun(@minus, flat, mu) .^ 2, 1);
  y = bsxfun(@rdivide, bsxfun(@minus, flat, mu), sqrt(v + eps));
  y = permute(reshape(y, s(1), s(2), s(4), s(3)), [1 2 4 3]);
end
