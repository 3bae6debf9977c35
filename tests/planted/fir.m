function y = fir(b, x)
  y = filter(b, 1, x);
end
