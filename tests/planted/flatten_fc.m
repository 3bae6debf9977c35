function y = flatten_fc(x, w)
  s = size(x);
  y = reshape(x, [], s(end))' * w;
end
