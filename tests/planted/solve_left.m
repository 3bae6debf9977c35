function y = solve_left(a, b)
  y = a \ b;
end
