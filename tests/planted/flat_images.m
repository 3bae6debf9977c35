function y = flat_images(x)
  y = reshape(x, [], size(x, 4))';
end
