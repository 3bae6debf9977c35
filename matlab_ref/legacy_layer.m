function y = legacy_layer(kind, inputs, options, arrays)
%LEGACY_LAYER One layer of a framework of classes such as those of this folder, in prediction, by its own class.
%   y = legacy_layer(kind, inputs, options, arrays)
%
%   inputs is a cell of images (H,W,C,N), as which rows are (1,1,D,N). For MATLAB R2016b or newer, and for Octave.

  x = inputs{1};
  rows = @(v) reshape(v, [], size(v, 4))';      % (N,D), for layers that take rows
  back = @(v) reshape(v', 1, 1, [], size(v, 1));
  switch kind
    case 'identity'
      y = x;
    case 'FullyConnected'
      layer = FullyConnected('fc', size(arrays.weight, 2), 1, []);
      if size(x, 1) * size(x, 2) == 1
        x = rows(x);
      end
      y = back(layer.ForwardPropagation(x, arrays.weight, bias(arrays, size(arrays.weight, 2))'));
    case 'ConvolutionLayer'
      [kh, kw, ~, filters] = size(arrays.weight);
      layer = ConvolutionLayer('conv', kh, kw, options.stride, options.pad, filters, 1, [], options.groups, options.dilation);
      y = layer.ForwardPropagation(x, arrays.weight, bias(arrays, filters));
    case 'TransposedConvolutionLayer'
      [kh, kw, each, ~] = size(arrays.weight);
      filters = each * options.groups;
      layer = TransposedConvolutionLayer('deconv', kh, kw, options.stride, options.crop, filters, 1, [], options.groups);
      y = layer.ForwardPropagation(x, arrays.weight, bias(arrays, filters));
    case {'BatchNorm', 'SpatialBatchNorm'}
      channel = @(v) reshape(v, 1, 1, []);
      y = channel(arrays.weight) .* (x - channel(arrays.running_mean)) ...
          ./ sqrt(channel(arrays.running_var) + options.eps) + channel(bias(arrays, numel(arrays.weight)));
    case {'MaxPoolLayer', 'AvgPoolLayer'}
      y = pooled(x, kind, options);
    case {'Relu', 'Sigmoid', 'Tanh', 'Swish', 'Softplus', 'GlobalAvgPoolLayer', 'GlobalMaxPoolLayer'}
      layer = feval(kind, 'layer', 1, []);
      y = layer.ForwardPropagation(x);
    case 'Elu'
      layer = Elu('elu', options.alpha, 1, []);
      y = layer.ForwardPropagation(x);
    case 'ClippedRelu'
      layer = ClippedRelu('relu', options.ceiling, 1, []);
      y = layer.ForwardPropagation(x);
    case 'Gelu'
      layer = Gelu('gelu', options.approximate, 1, []);
      y = layer.ForwardPropagation(x);
    case 'LeakyRelu'
      layer = LeakyRelu('relu', options.slope, 1, []);
      y = layer.ForwardPropagation(x);
    case 'Softmax'
      layer = Softmax('softmax', 1, [], 3);
      y = layer.ForwardPropagation(x);
    case {'EltWiseAdd', 'EltWiseMul'}
      layer = feval(kind, 'join', 1, []);
      y = layer.ForwardPropagation(inputs);
    case 'Concat'
      layer = Concat('concat', 1, [], 3);
      y = layer.ForwardPropagation(inputs);
    case 'LocalResponseNorm'
      layer = LocalResponseNorm('lrn', options.size, options.alpha, options.beta, options.k, 1, []);
      y = layer.ForwardPropagation(x);
    otherwise
      error('legacy_layer:kind', 'legacy_layer: no class %s is known', kind);
  end
end

function b = bias(arrays, count)
  b = zeros(count, 1);
  if isfield(arrays, 'bias')
    b = arrays.bias(:);
  end
end

function y = pooled(x, kind, options)
  kernel = [options.kernel_height, options.kernel_width];
  pad = options.pad;
  if options.floor
    % The last rows and columns that no whole window reaches: of the padding first, then of the image.
    for dim = 1:2
      over = mod(size(x, dim) + pad(2 * dim - 1) + pad(2 * dim) - kernel(dim), options.stride(dim));
      outside = min(over, pad(2 * dim));
      pad(2 * dim) = pad(2 * dim) - outside;
      kept = {':', ':', ':', ':'};
      kept{dim} = 1:size(x, dim) - (over - outside);
      x = x(kept{:});
    end
  end
  if strcmp(kind, 'MaxPoolLayer')
    layer = MaxPoolLayer('pool', kernel(1), kernel(2), options.stride, 1, [], pad);
  else
    layer = AvgPoolLayer('pool', kernel(1), kernel(2), options.stride, 1, [], pad, options.count_include_pad);
  end
  y = layer.ForwardPropagation(x);
end
