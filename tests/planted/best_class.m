function k = best_class(p)
  [m, k] = max(p, [], 2);
end
