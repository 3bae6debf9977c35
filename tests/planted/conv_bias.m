function y = conv_bias(x, w, b)
  % A convolution layer, (H,W,C,N) by (kH,kW,C,F), with a bias.
  [~, ~, C, N] = size(x);
  F = size(w, 4);
  y = zeros(size(x, 1) - size(w, 1) + 1, size(x, 2) - size(w, 2) + 1, F, N, class(x));
  for n = 1:N
    for f = 1:F
      for c = 1:C
        y(:, :, f, n) = y(:, :, f, n) + filter2(w(:, :, c, f), x(:, :, c, n), 'valid');
      end
      y(:, :, f, n) = y(:, :, f, n) + b(f);
    end
  end
end
