function y = states(A, x, n)
  % The states of a linear system, one a column, from the first step on.
  x = x(:);
  y = zeros(numel(x), n);
  for k = 1:n
    x = A * x;
    y(:, k) = x;
  end
end
