function y = unique_values(x)
  y = unique(x);
end
