function y = times_elements(a, b)
  y = a .* b;
end
