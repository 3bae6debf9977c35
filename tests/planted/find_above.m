function k = find_above(x, level)
  k = find(x > level);
end
