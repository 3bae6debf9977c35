function y = compass(dx, dy)
  % The direction of a vector from north, in degrees.
  y = mod(atan2(dx, dy) * 180 / pi, 360);
end
