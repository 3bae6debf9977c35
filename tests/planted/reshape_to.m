function y = reshape_to(x, r, c)
  y = reshape(x, r, c);
end
