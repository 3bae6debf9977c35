function r = chol_upper(a)
  r = chol(a);
end
