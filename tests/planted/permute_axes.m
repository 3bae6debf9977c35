function y = permute_axes(x)
  y = permute(x, [3 1 2]);
end
