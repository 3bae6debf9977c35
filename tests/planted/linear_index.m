function k = linear_index(s, i, j)
  k = sub2ind(s, i, j);
end
