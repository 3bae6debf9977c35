function y = unit_rows(x, eps)
  % Rows of length one, or nearly.
  y = x ./ sqrt(sum(x .^ 2, 2) + eps);
end
