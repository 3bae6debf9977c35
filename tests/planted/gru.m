function h = gru(x, h, W)
  % One step of a GRU, its gates in the order update, reset, new.
  H = numel(h);
  sigmoid = @(t) 1 ./ (1 + exp(-t));
  z = sigmoid(W(1:H, :) * [x(:); h(:)]);
  r = sigmoid(W(H + 1:2 * H, :) * [x(:); h(:)]);
  n = tanh(W(2 * H + 1:end, :) * [x(:); r .* h(:)]);
  h = (z .* h(:) + (1 - z) .* n).';
end
