function y = matconvnet_layer(kind, inputs, options, arrays)
%MATCONVNET_LAYER One operation of MatConvNet, in testing, on the arrays that a network stores.
%   y = matconvnet_layer(kind, inputs, options, arrays)
%
%   inputs is a cell of images (H,W,C,N). Formulas are those of MatConvNet's manual, chapter 4. For MATLAB R2016b or
%   newer, and for Octave.

  x = inputs{1};
  switch kind
    case 'identity'
      y = x;
    case 'conv'
      [kh, kw, seen, filters] = size(arrays.filters);
      x = framed(x, 0, ([kh, kw] - 1) .* options.dilation + 1, options.stride, options.pad);
      layer = ConvolutionLayer('conv', kh, kw, options.stride, 0, filters, 1, [], size(x, 3) / seen, ...
                               options.dilation);
      y = layer.ForwardPropagation(x, arrays.filters, biased(arrays, filters, x));
    case 'convt'
      [kh, kw, filters, ~] = size(arrays.filters);
      filters = filters * options.groups;
      layer = TransposedConvolutionLayer('convt', kh, kw, options.upsample, options.crop, filters, 1, [], ...
                                         options.groups);
      y = layer.ForwardPropagation(x, arrays.filters, biased(arrays, filters, x));
    case 'relu'
      y = max(x, 0) + options.leak .* min(x, 0);
    case 'pool'
      y = pooled(x, options);
    case 'lrn'
      y = responded(x, options.param);
    case 'bnorm'
      moments = reshape(arrays.moments, [], 2);
      channel = @(v) reshape(v, 1, 1, []);
      y = channel(arrays.scale) .* (x - channel(moments(:, 1))) ./ channel(moments(:, 2)) + channel(arrays.offset);
    case 'softmax'
      y = exp(x - max(x, [], 3));
      y = y ./ sum(y, 3);
    case 'sigmoid'
      y = 1 ./ (1 + exp(-x));
    case 'sum'
      y = x;
      for k = 2:numel(inputs)
        y = y + inputs{k};
      end
    case 'concat'
      y = cat(3, inputs{:});
    case 'scale'
      y = x .* factor(arrays.factor);
      if isfield(arrays, 'bias')
        y = y + factor(arrays.bias);
      end
    case 'crop'
      [h, w, ~, ~] = size(inputs{2});
      y = x(options.crop(1) + (1:h), options.crop(2) + (1:w), :, :);
    otherwise
      error('matconvnet_layer:kind', 'matconvnet_layer: no operation %s is known', kind);
  end
end

function v = factor(v)
  if ismatrix(v) && min(size(v)) == 1
    v = reshape(v, 1, 1, []);
  end
end

function b = biased(arrays, count, x)
  b = zeros(count, 1, class(x));
  if isfield(arrays, 'biases')
    b = reshape(arrays.biases, [], 1);
  end
end

function y = pooled(x, options)
  window = options.size;
  if strcmp(options.method, 'max')
    layer = MaxPoolLayer('pool', window(1), window(2), options.stride, 1, []);
    y = layer.ForwardPropagation(framed(x, -Inf, window, options.stride, options.pad));
    return
  end
  layer = AvgPoolLayer('pool', window(1), window(2), options.stride, 1, []);
  total = layer.ForwardPropagation(framed(x, 0, window, options.stride, options.pad));
  y = total ./ layer.ForwardPropagation(framed(ones(size(x), class(x)), 0, window, options.stride, options.pad));
end

function y = responded(x, param)
% x ./ (kappa + alpha * the sum of squares over the window of N channels) .^ beta
  [n, kappa, alpha, beta] = deal(param(1), param(2), param(3), param(4));
  y = zeros(size(x), class(x));
  for c = 1:size(x, 3)
    low = max(1, c - floor((n - 1) / 2));
    high = min(size(x, 3), c + ceil((n - 1) / 2));
    y(:, :, c, :) = x(:, :, c, :) ./ (kappa + alpha .* sum(x(:, :, low:high, :) .^ 2, 3)) .^ beta;
  end
end
