function y = tapered(x)
  % A vector times a Hamming window.
  n = numel(x);
  y = x(:).' .* (0.54 - 0.46 * cos(2 * pi * (0:n - 1) / (n - 1)));
end
