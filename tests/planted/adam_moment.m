function m = adam_moment(m, g, beta1)
  m = beta1 * m + (1 - beta1) * g;
end
