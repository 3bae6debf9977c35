function i = largest_at(x)
  % Which row has the largest element of each column; NaN aside, the first of equal ones.
  [~, i] = max(x, [], 1);
end
