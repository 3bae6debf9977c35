function m = col_mean(x)
  m = mean(x);
end
