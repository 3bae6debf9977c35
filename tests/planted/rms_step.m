function w = rms_step(w, g, s, lr, rho, eps)
  % One step of RMSprop.
  s = rho * s + (1 - rho) * g .^ 2;
  w = w - lr * g ./ (sqrt(s) + eps);
end
