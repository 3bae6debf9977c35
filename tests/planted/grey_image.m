function y = grey_image(x)
  % Grey from red, green and blue.
  y = uint8(0.2989 * double(x(:, :, 1)) + 0.587 * double(x(:, :, 2)) + 0.114 * double(x(:, :, 3)));
end
