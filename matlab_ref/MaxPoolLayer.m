classdef MaxPoolLayer < handle
%MAXPOOLLAYER The largest pixel under a window that slides over each channel.
%   layer = MaxPoolLayer(name, kernelHeight, kernelWidth, stride, index, inputLayer)
%   layer = MaxPoolLayer(name, kernelHeight, kernelWidth, stride, index, inputLayer, pad)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias ([] for both)
%
%   x is (H,W,C,N), where trailing ones may be missing; y has
%   (H + top + bottom - kernelHeight) / stride + 1 rows, which must be a whole number, and columns alike.
%   stride is one number or [vertical horizontal]; pad one number, [vertical horizontal] or
%   [top bottom left right], each smaller than the kernel. All single or all double.
%
%   Padding never wins, not even over -Inf. Every maximum of a window receives the full gradient. NaN is
%   ignored unless a window holds nothing else: then y is NaN and nobody receives the gradient.
%
%   A window is walked column by column, its row index changes first; gradients of windows that overlap
%   add up in that order. For MATLAB R2016b or newer and for Octave.

  properties (SetAccess = private)
    name
    index
    inputLayer
    kernel      % [height width]
    stride      % [vertical horizontal]
    pad         % [top bottom left right]
  end

  properties (Access = private)
    padded = [];    % the last x, in its padding
    y = [];         % and what came of it
  end

  methods
    function obj = MaxPoolLayer(name, kernelHeight, kernelWidth, stride, index, inputLayer, pad)
      if nargin < 7
        pad = 0;
      end
      obj.checkOption('kernelHeight', kernelHeight, 1, 1);
      obj.checkOption('kernelWidth', kernelWidth, 1, 1);
      obj.checkOption('stride', stride, 1, [1 2]);
      obj.checkOption('pad', pad, 0, [1 2 4]);
      obj.name = name;
      obj.index = index;
      obj.inputLayer = inputLayer;
      obj.kernel = double([kernelHeight kernelWidth]);
      obj.stride = double(stride([1 end]));
      if numel(pad) < 4
        pad = pad([1 1 end end]);
      end
      obj.pad = double(pad(:)');
      if any(obj.pad >= obj.kernel([1 1 2 2]))
        error('MaxPoolLayer:option', 'MaxPoolLayer: wanted a pad smaller than the kernel, got %s', mat2str(pad));
      end
    end

    function y = ForwardPropagation(obj, x, ~, ~)
      obj.checkImages(x);
      positions = obj.outputSize(size(x, 1), size(x, 2));
      [H, W, C, N] = size(x);
      % NaN, which max ignores: of -Inf and NaN, a padding of -Inf would win over the pixel.
      p = NaN(H + sum(obj.pad(1:2)), W + sum(obj.pad(3:4)), C, N, class(x));
      p(obj.pad(1) + (1:H), obj.pad(3) + (1:W), :, :) = x;

      y = NaN(positions(1), positions(2), C, N, class(x));
      for j = 1:obj.kernel(2)
        for i = 1:obj.kernel(1)
          [rows, columns] = obj.spot(i, j, positions);
          y = max(y, p(rows, columns, :, :));
        end
      end
      obj.padded = p;
      obj.y = y;
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      positions = [size(dy, 1) size(dy, 2)];
      spread = zeros(size(obj.padded), class(dy));
      for j = 1:obj.kernel(2)
        for i = 1:obj.kernel(1)
          [rows, columns] = obj.spot(i, j, positions);
          % By a mask, not by a product: an infinite gradient stays where it belongs.
          part = dy;
          part(obj.padded(rows, columns, :, :) ~= obj.y) = 0;
          spread(rows, columns, :, :) = spread(rows, columns, :, :) + part;
        end
      end
      dx = spread(1 + obj.pad(1):end - obj.pad(2), 1 + obj.pad(3):end - obj.pad(4), :, :);
      gradient = struct('input', dx, 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function [rows, columns] = spot(obj, i, j, positions)
      rows = i + (0:positions(1) - 1) * obj.stride(1);
      columns = j + (0:positions(2) - 1) * obj.stride(2);
    end

    function positions = outputSize(obj, H, W)
      room = [H + sum(obj.pad(1:2)), W + sum(obj.pad(3:4))] - obj.kernel;
      if any(room < 0) || any(mod(room, obj.stride) ~= 0)
        error('MaxPoolLayer:shape', ...
              'MaxPoolLayer: on images of %d by %d, a window of %s with stride %s and pad %s has no whole number of positions', ...
              H, W, mat2str(obj.kernel), mat2str(obj.stride), mat2str(obj.pad));
      end
      positions = room ./ obj.stride + 1;
    end

    function checkImages(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('MaxPoolLayer:dtype', 'MaxPoolLayer: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('MaxPoolLayer:shape', 'MaxPoolLayer: wanted x (H,W,C,N) with no empty side, got %s', ...
              mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.y)
        error('MaxPoolLayer:state', 'MaxPoolLayer: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('MaxPoolLayer:shape', 'MaxPoolLayer: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.y))
        error('MaxPoolLayer:shape', 'MaxPoolLayer: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.y)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.y)) || ~isreal(dy) || issparse(dy)
        error('MaxPoolLayer:dtype', 'MaxPoolLayer: wanted a gradient of class %s, got %s', ...
              class(obj.y), class(dy));
      end
    end

    function checkOption(~, name, value, least, counts)
      if ~isnumeric(value) || ~isreal(value) || ~any(numel(value) == counts) || ~all(isfinite(value(:))) ...
          || any(value(:) < least) || any(value(:) ~= fix(value(:)))
        error('MaxPoolLayer:option', 'MaxPoolLayer: %s: wanted whole numbers >= %d, one or %s of them', ...
              name, least, mat2str(counts));
      end
    end
  end
end
