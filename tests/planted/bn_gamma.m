function dgamma = bn_gamma(x, dy, eps)
  % The gradient by the weight of a batch normalisation, of rows.
  dgamma = sum(dy .* (x - mean(x)) ./ sqrt(var(x, 1) + eps));
end
