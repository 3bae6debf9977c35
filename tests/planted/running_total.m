function y = running_total(x)
  y = cumsum(x, 1);
end
