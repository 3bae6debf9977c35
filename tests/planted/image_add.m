function y = image_add(a, b)
  y = a + b;
end
