function m = max_nan(x)
  m = max(x, [], 1);
end
