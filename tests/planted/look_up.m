function y = look_up(x, v, t)
  % Linear interpolation.
  y = interp1(x, v, t);
end
