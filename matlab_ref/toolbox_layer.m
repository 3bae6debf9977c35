function y = toolbox_layer(kind, inputs, options, arrays, sequence)
%TOOLBOX_LAYER One layer of MATLAB's Deep Learning Toolbox, in prediction, on the arrays that a network stores.
%   y = toolbox_layer(kind, inputs, options, arrays, sequence)
%
%   inputs is a cell; with sequence, of (C,T,N), otherwise of images (H,W,C,N), as which rows are (1,1,C,N).
%   Formulas are those of the toolbox's reference pages. For MATLAB R2016b or newer, and for Octave.

  x = inputs{1};
  dim = 3 - 2 * sequence;                       % that of the channels
  switch kind
    case 'identity'
      y = x;
    case 'conv'
      y = convolved(x, options, arrays);
    case 'transposed_conv'
      layer = TransposedConvolutionLayer('up', size(arrays.weights, 1), size(arrays.weights, 2), ...
                                         options.stride, options.crop, size(arrays.weights, 3), 1, []);
      y = layer.ForwardPropagation(x, arrays.weights, arrays.bias(:));
    case 'batchnorm'
      y = scaled(x, arrays, dim, along(arrays.mean, dim), along(arrays.variance, dim), options.eps);
    case 'groupnorm'
      y = grouped(x, options, arrays, dim);
    case 'fc'
      y = connected(x, arrays, sequence);
    case {'maxpool', 'avgpool'}
      y = pooled(x, kind, options);
    case 'globalavgpool'
      y = mean(mean(x, 1), 2);
    case 'globalmaxpool'
      y = max(max(x, [], 1), [], 2);
    case 'conv1d'
      y = convolved_steps(x, options, arrays);
    case {'maxpool1d', 'avgpool1d'}
      y = pooled_steps(x, kind, options);
    case 'globalavgpool1d'
      y = reshape(mean(x, 2), 1, 1, size(x, 1), size(x, 3));
    case 'globalmaxpool1d'
      y = reshape(max(x, [], 2), 1, 1, size(x, 1), size(x, 3));
    case 'relu'
      y = max(x, 0);
    case 'leakyrelu'
      y = max(x, 0) + options.slope .* min(x, 0);
    case 'clippedrelu'
      y = min(max(x, 0), options.ceiling);
    case 'elu'
      y = max(x, 0) + options.alpha .* (exp(min(x, 0)) - 1);
    case 'prelu'
      y = max(x, 0) + along(arrays.alpha, dim) .* min(x, 0);
    case 'swish'
      y = x ./ (1 + exp(-x));
    case 'softplus'
      y = max(x, 0) + log1p(exp(-abs(x)));
    case 'gelu'
      if options.by_tanh
        y = x ./ 2 .* (1 + tanh(sqrt(2 / pi) .* (x + 0.044715 .* x .^ 3)));
      else
        y = x ./ 2 .* (1 + erf(x ./ sqrt(2)));
      end
    case 'tanh'
      y = tanh(x);
    case 'sigmoid'
      y = 1 ./ (1 + exp(-x));
    case 'softmax'
      y = exp(x - max(x, [], dim));
      y = y ./ sum(y, dim);
    case 'lrn'
      layer = LocalResponseNorm('lrn', options.size, options.alpha, options.beta, options.k, 1, []);
      y = layer.ForwardPropagation(x);
    case 'flatten'
      y = reshape(x, 1, 1, [], size(x, 4));
    case 'add'
      y = x;
      for k = 2:numel(inputs)
        y = y + inputs{k};
      end
    case 'multiply'
      y = x;
      for k = 2:numel(inputs)
        y = y .* inputs{k};
      end
    case 'concat'
      y = cat(dim, inputs{:});
    case 'lstm'
      y = both_ways(@lstm, 4, x, options, arrays);
    case 'gru'
      y = both_ways(@gru, 3, x, options, arrays);
    otherwise
      error('toolbox_layer:kind', 'toolbox_layer: no layer %s is known', kind);
  end
end

function v = along(v, dim)
% A vector along the channels.
  if dim == 3
    v = reshape(v, 1, 1, []);
  else
    v = reshape(v, [], 1);
  end
end

function y = scaled(x, arrays, dim, mu, variance, eps)
  y = along(arrays.scale, dim) .* (x - mu) ./ sqrt(variance + eps) + along(arrays.offset, dim);
end

function y = grouped(x, options, arrays, dim)
  if dim == 1 || size(x, 1) * size(x, 2) == 1 && options.groups == 1
    mu = mean(x, dim);
    y = scaled(x, arrays, dim, mu, mean((x - mu) .^ 2, dim), options.eps);
    return
  end
  [h, w, c, n] = size(x);
  members = c / options.groups;
  flat = reshape(x, h * w * members, options.groups, n);
  mu = mean(flat, 1);
  variance = mean((flat - mu) .^ 2, 1);
  spread = @(v) reshape(repmat(v, members, 1), 1, 1, c, n);
  y = scaled(x, arrays, dim, spread(mu), spread(variance), options.eps);
end

function y = convolved(x, options, arrays)
  [kh, kw, seen, filters, groups] = size(arrays.weights);
  weights = reshape(arrays.weights, kh, kw, seen, filters * groups);
  x = framed(x, 0, ([kh, kw] - 1) .* options.dilation + 1, options.stride, options.pad);
  layer = ConvolutionLayer('conv', kh, kw, options.stride, 0, filters * groups, 1, [], groups, options.dilation);
  y = layer.ForwardPropagation(x, weights, arrays.bias(:));
end

function y = connected(x, arrays, sequence)
  bias = arrays.bias(:);
  if sequence
    [~, steps, samples] = size(x);
    rows = reshape(arrays.weights, numel(bias), []) * reshape(x, size(x, 1), []) + bias;
    y = reshape(rows, numel(bias), steps, samples);
    return
  end
  flat = reshape(x, [], size(x, 4));            % H changes first, then W, then C
  if isequal(size(arrays.weights), [numel(bias), size(flat, 1)])
    rows = arrays.weights * flat + bias;        % (Out, In)
  else
    rows = reshape(arrays.weights, [], numel(bias))' * flat + bias;   % (H, W, C, Out)
  end
  y = reshape(rows, 1, 1, numel(bias), size(x, 4));
end

function y = pooled(x, kind, options)
  window = options.size;
  if strcmp(kind, 'maxpool')
    layer = MaxPoolLayer('pool', window(1), window(2), options.stride, 1, []);
    y = layer.ForwardPropagation(framed(x, -Inf, window, options.stride, options.pad));
    return
  end
  layer = AvgPoolLayer('pool', window(1), window(2), options.stride, 1, []);
  y = layer.ForwardPropagation(framed(x, 0, window, options.stride, options.pad));
  if ~options.counted
    y = y ./ layer.ForwardPropagation(framed(ones(size(x), class(x)), 0, window, options.stride, options.pad));
  end
end

function y = convolved_steps(x, options, arrays)
  [k, channels, filters] = size(arrays.weights);
  extent = (k - 1) * options.dilation + 1;
  x = framed_steps(x, 0, extent, options);
  columns = reshape(arrays.weights, k * channels, filters);
  y = zeros(filters, floor((size(x, 2) - extent) / options.stride) + 1, size(x, 3), class(x));
  for t = 1:size(y, 2)
    at = (t - 1) * options.stride + (1:options.dilation:extent);
    seen = reshape(permute(x(:, at, :), [2 1 3]), k * channels, []);
    y(:, t, :) = reshape(columns' * seen + arrays.bias(:), filters, 1, []);
  end
end

function y = pooled_steps(x, kind, options)
  inside = framed_steps(ones(1, size(x, 2), class(x)), 0, options.size, options);
  if strcmp(kind, 'maxpool1d')
    x = framed_steps(x, -Inf, options.size, options);
  else
    x = framed_steps(x, 0, options.size, options);
  end
  y = zeros(size(x, 1), floor((size(x, 2) - options.size) / options.stride) + 1, size(x, 3), class(x));
  for t = 1:size(y, 2)
    at = (t - 1) * options.stride + (1:options.size);
    if strcmp(kind, 'maxpool1d')
      y(:, t, :) = max(x(:, at, :), [], 2);
    elseif options.counted
      y(:, t, :) = mean(x(:, at, :), 2);
    else
      y(:, t, :) = sum(x(:, at, :), 2) ./ sum(inside(at));
    end
  end
end

function x = framed_steps(x, value, extent, options)
% Sequences with padding before and after: so much, or 'causal', or 'same', for ceil(T / stride) steps.
  pad = options.pad;
  if strcmp(options.mode, 'causal')
    pad = [extent - 1, 0];
  elseif strcmp(options.mode, 'same')
    total = max((ceil(size(x, 2) / options.stride) - 1) * options.stride + extent - size(x, 2), 0);
    pad = [floor(total / 2), ceil(total / 2)];
  end
  fill = @(n) repmat(cast(value, class(x)), [size(x, 1), n, size(x, 3)]);
  x = cat(2, fill(pad(1)), x, fill(pad(2)));
end

function y = both_ways(run, gates, x, options, arrays)
% Forward, or forward and backward with the second half of the rows of all arrays.
  rows = gates * options.hidden;
  if ~strcmp(options.direction, 'both')
    y = run(x, options, arrays.weight, arrays.recurrent_weight, arrays.bias);
    last = size(y, 2);
  else
    first = run(x, options, arrays.weight(1:rows, :), arrays.recurrent_weight(1:rows, :), arrays.bias(1:rows));
    second = run(flip(x, 2), options, arrays.weight(rows + 1:end, :), ...
                 arrays.recurrent_weight(rows + 1:end, :), arrays.bias(rows + 1:end));
    if strcmp(options.output, 'last')
      y = cat(1, first(:, end, :), second(:, end, :));
    else
      y = cat(1, first, flip(second, 2));
    end
    last = size(y, 2);
  end
  if strcmp(options.output, 'last')
    y = reshape(y(:, last, :), 1, 1, size(y, 1), size(x, 3));
  end
end

function y = lstm(x, options, weights, recurrent, bias)
  hidden = options.hidden;
  y = zeros(hidden, size(x, 2), size(x, 3), class(x));
  h = zeros(hidden, size(x, 3), class(x));
  c = h;
  for t = 1:size(x, 2)
    z = weights * reshape(x(:, t, :), size(x, 1), []) + recurrent * h + bias(:);
    input_gate = gate(z(1:hidden, :), options);
    forget_gate = gate(z(hidden + 1:2 * hidden, :), options);
    candidate = state(z(2 * hidden + 1:3 * hidden, :), options);
    output_gate = gate(z(3 * hidden + 1:end, :), options);
    c = forget_gate .* c + input_gate .* candidate;
    h = output_gate .* state(c, options);
    y(:, t, :) = reshape(h, hidden, 1, []);
  end
end

function y = gru(x, options, weights, recurrent, bias)
  n = options.hidden;
  [r, z, k] = deal(1:n, n + 1:2 * n, 2 * n + 1:3 * n);
  bias = bias(:);
  second = zeros(3 * n, 1, class(x));
  if strcmp(options.reset, 'recurrent-bias')
    second = bias(3 * n + 1:end);
  end
  y = zeros(n, size(x, 2), size(x, 3), class(x));
  h = zeros(n, size(x, 3), class(x));
  for t = 1:size(x, 2)
    w = weights * reshape(x(:, t, :), size(x, 1), []) + bias(1:3 * n);
    reset = gate(w(r, :) + recurrent(r, :) * h + second(r), options);
    update = gate(w(z, :) + recurrent(z, :) * h + second(z), options);
    if strcmp(options.reset, 'before')
      candidate = state(w(k, :) + recurrent(k, :) * (reset .* h), options);
    else
      candidate = state(w(k, :) + reset .* (recurrent(k, :) * h + second(k)), options);
    end
    h = (1 - update) .* candidate + update .* h;
    y(:, t, :) = reshape(h, n, 1, []);
  end
end

function y = gate(x, options)
  if strcmp(options.gate_activation, 'hard-sigmoid')
    y = min(max(0.2 .* x + 0.5, 0), 1);
  else
    y = 1 ./ (1 + exp(-x));
  end
end

function y = state(x, options)
  switch options.state_activation
    case 'softsign'
      y = x ./ (1 + abs(x));
    case 'relu'
      y = max(x, 0);
    otherwise
      y = tanh(x);
  end
end
