function y = pick_above(x, level)
  y = x(x > level);
end
