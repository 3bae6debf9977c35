function i = rank_rows(x)
  % The order of the rows.
  [~, i] = sortrows(x);
  i = i.';
end
