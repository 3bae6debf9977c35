function y = wave(r, t)
  % One coordinate, of an angle in degrees.
  y = r .* cosd(t);
end
