function y = gram(a, b)
  y = a' * b;
end
