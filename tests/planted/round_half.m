function y = round_half(x)
  y = round(x);
end
