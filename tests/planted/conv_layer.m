function y = conv_layer(x, w)
  s = size(x); t = size(w);
  y = zeros(s(1) - t(1) + 1, s(2) - t(2) + 1, t(4), s(4));
  for n = 1:s(4)
    for f = 1:t(4)
      for c = 1:s(3)
        y(:, :, f, n) = y(:, :, f, n) + conv2(x(:, :, c, n), rot90(w(:, :, c, f), 2), 'valid');
      end
    end
  end
end
