function y = wrap_angle(x, period)
  y = mod(x, period);
end
