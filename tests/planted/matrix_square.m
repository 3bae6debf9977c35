function y = matrix_square(a)
  y = a ^ 2;
end
