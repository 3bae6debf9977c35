function w = decay_step(w, g, lr, lambda)
  w = w - lr * (g + lambda * w);
end
