function v = col_var(x)
  v = var(x);
end
