function v = eig_vectors(a)
  [v, d] = eig(a);
end
