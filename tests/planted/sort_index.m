function k = sort_index(x)
  [y, k] = sort(x, 'descend');
end
