function x = grid_x(a, b)
  [x, y] = meshgrid(a, b);
end
