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
      y = back(layer.ForwardPropagation(x, arrays.weight, reshape(arrays.bias, 1, [])));
    case 'ConvolutionLayer'
      [kh, kw, seen, filters] = size(arrays.weight);
      layer = ConvolutionLayer('conv', kh, kw, options.stride, options.pad, filters, 1, [], size(x, 3) / seen);
      y = layer.ForwardPropagation(x, arrays.weight, arrays.bias(:));
    case {'BatchNorm', 'SpatialBatchNorm'}
      channel = @(v) reshape(v, 1, 1, []);
      y = channel(arrays.weight) .* (x - channel(arrays.running_mean)) ...
          ./ sqrt(channel(arrays.running_var) + options.eps) + channel(arrays.bias);
    case 'MaxPoolLayer'
      layer = MaxPoolLayer('pool', options.size(1), options.size(2), options.stride, 1, []);
      y = layer.ForwardPropagation(x);
    case 'AvgPoolLayer'
      layer = AvgPoolLayer('pool', options.size(1), options.size(2), options.stride, 1, []);
      y = layer.ForwardPropagation(x);
    case 'Relu'
      layer = Relu('relu', 1, []);
      y = layer.ForwardPropagation(x);
    case 'LeakyRelu'
      layer = LeakyRelu('relu', options.slope, 1, []);
      y = layer.ForwardPropagation(x);
    case 'Sigmoid'
      layer = Sigmoid('sigmoid', 1, []);
      y = layer.ForwardPropagation(x);
    case 'Tanh'
      layer = Tanh('tanh', 1, []);
      y = layer.ForwardPropagation(x);
    case 'Softmax'
      layer = Softmax('softmax', 1, []);
      y = back(layer.ForwardPropagation(rows(x)));
    case 'EltWiseAdd'
      layer = EltWiseAdd('add', 1, []);
      y = layer.ForwardPropagation(inputs);
    case 'Concat'
      layer = Concat('concat', 1, [], 3);
      y = layer.ForwardPropagation(inputs);
    case 'GlobalAvgPoolLayer'
      layer = GlobalAvgPoolLayer('pool', 1, []);
      y = layer.ForwardPropagation(x);
    case 'GlobalMaxPoolLayer'
      layer = GlobalMaxPoolLayer('pool', 1, []);
      y = layer.ForwardPropagation(x);
    otherwise
      error('legacy_layer:kind', 'legacy_layer: no class %s is known', kind);
  end
end
