function w = adam_step(w, g, m, v, lr, beta1, beta2, eps, t)
  m = beta1 * m + (1 - beta1) * g;
  v = beta2 * v + (1 - beta2) * g .^ 2;
  w = w - lr * (m / (1 - beta1 ^ t)) ./ (sqrt(v / (1 - beta2 ^ t)) + eps);
end
