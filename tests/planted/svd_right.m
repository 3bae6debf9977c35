function v = svd_right(a)
  [u, s, v] = svd(a);
end
