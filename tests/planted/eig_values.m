function d = eig_values(a)
  d = eig(a);
end
