function p = softmax_rows(x)
  e = exp(bsxfun(@minus, x, max(x, [], 2)));
  p = bsxfun(@rdivide, e, sum(e, 2));
end
