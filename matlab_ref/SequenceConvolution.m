classdef SequenceConvolution < handle
%SEQUENCECONVOLUTION Slide filters over the steps of sequences: a correlation, the filters are not flipped.
%   layer = SequenceConvolution(name, stride, pad, dilation, groups, floored, index, inputLayer)
%
%   y = layer.ForwardPropagation(x, weights, bias)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%
%   x is (C,T,N), weights are (F,C/groups,k), where trailing ones may be missing, and bias is (F,1); all single or all
%   double. y and dy are (F,T',N) with
%     T' = (T + left + right - dilation*(k - 1) - 1) / stride + 1
%   A fraction is an error, or, floored, rounded down. pad, of zeros, is one number, [left right] or 'same', whatever
%   makes T' = ceil(T / stride), the smaller half on the left. groups cuts channels and filters into as many blocks; a
%   filter sees the channels of its own block alone.
%
%   For MATLAB R2016b or newer and for Octave.

  properties (SetAccess = private)
    name
    stride
    pad         % [left right], or 'same'
    dilation
    groups
    floored
    index
    inputLayer
  end

  properties (Access = private)
    x = [];     % the last one, in its padding
    xSize
    ySize
    weights
  end

  methods
    function obj = SequenceConvolution(name, stride, pad, dilation, groups, floored, index, inputLayer)
      obj.name = name;
      obj.stride = obj.whole('stride', stride, 1, 1);
      obj.pad = obj.sides(pad);
      obj.dilation = obj.whole('dilation', dilation, 1, 1);
      obj.groups = obj.whole('groups', groups, 1, 1);
      obj.floored = obj.truth('floored', floored);
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias)
      obj.check(x, weights, bias);
      [F, ~, k] = size(weights);
      extent = (k - 1) * obj.dilation + 1;
      count = obj.positions(extent, size(x, 2));
      p = obj.padded(x, 0, extent);
      y = zeros(F, count, size(x, 3), class(x));
      for g = 1:obj.groups
        [channels, filters] = obj.block(g, size(x, 1), F);
        for i = 1:k
          seen = p(channels, obj.spot(i, count), :);
          product = weights(filters, :, i) * reshape(seen, numel(channels), []);
          y(filters, :, :) = y(filters, :, :) + reshape(product, numel(filters), count, []);
        end
      end
      y = y + bias;
      obj.x = p;
      obj.xSize = [size(x, 1), size(x, 2), size(x, 3)];
      obj.ySize = size(y);
      obj.weights = weights;
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      [F, ~, k] = size(obj.weights);
      count = size(dy, 2);
      dp = zeros(size(obj.x), class(dy));
      dweights = zeros(size(obj.weights), class(dy));
      for g = 1:obj.groups
        [channels, filters] = obj.block(g, obj.xSize(1), F);
        rows = reshape(dy(filters, :, :), numel(filters), []);
        for i = 1:k
          at = obj.spot(i, count);
          dweights(filters, :, i) = rows * reshape(obj.x(channels, at, :), numel(channels), []).';
          part = reshape(obj.weights(filters, :, i).' * rows, numel(channels), count, []);
          dp(channels, at, :) = dp(channels, at, :) + part;
        end
      end
      dx = obj.inside(dp, (k - 1) * obj.dilation + 1);
      gradient = struct('input', dx, 'weight', dweights, 'bias', sum(reshape(dy, F, []), 2));
    end
  end

  methods (Access = private)
    function at = spot(obj, i, count)
      at = (i - 1) * obj.dilation + 1 + (0:count - 1) * obj.stride;
    end

    function [channels, filters] = block(obj, g, C, F)
      channels = (g - 1) * C / obj.groups + (1:C / obj.groups);
      filters = (g - 1) * F / obj.groups + (1:F / obj.groups);
    end

    function sides = padding(obj, extent, steps)
    % [left right], whatever 'same' means for so many steps.
      sides = obj.pad;
      if ischar(sides)
        total = max((ceil(steps / obj.stride) - 1) * obj.stride + extent - steps, 0);
        sides = [floor(total / 2), ceil(total / 2)];
      end
    end

    function count = positions(obj, extent, steps)
      room = steps + sum(obj.padding(extent, steps)) - extent;
      leaves = obj.floored || ischar(obj.pad);
      if room < 0 || (~leaves && mod(room, obj.stride) ~= 0)
        error('SequenceConvolution:shape', ...
              'SequenceConvolution: a window of %d at stride %d has no whole number of positions on %d steps', ...
              extent, obj.stride, steps);
      end
      count = floor(room / obj.stride) + 1;
    end

    function p = padded(obj, x, value, extent)
      sides = obj.padding(extent, size(x, 2));
      p = repmat(cast(value, class(x)), [size(x, 1), size(x, 2) + sum(sides), size(x, 3)]);
      p(:, sides(1) + (1:size(x, 2)), :) = x;
    end

    function x = inside(obj, p, extent)
      steps = obj.xSize(2);
      sides = obj.padding(extent, steps);
      x = p(:, sides(1) + (1:steps), :);
    end

    function check(obj, x, weights, bias)
      obj.checkSequences(x);
      if ndims(weights) > 3 || isempty(weights)
        error('SequenceConvolution:shape', ...
              'SequenceConvolution: wanted weights (F,C/groups,k) with no empty side, got %s', mat2str(size(weights)));
      end
      if mod(size(x, 1), obj.groups) ~= 0 || mod(size(weights, 1), obj.groups) ~= 0 ...
          || size(weights, 2) * obj.groups ~= size(x, 1)
        error('SequenceConvolution:shape', 'SequenceConvolution: weights %s do not fit x %s in %d groups', ...
              mat2str(size(weights)), mat2str(size(x)), obj.groups);
      end
      if ~isequal(size(bias), [size(weights, 1), 1])
        error('SequenceConvolution:shape', ...
              'SequenceConvolution: wanted bias (%d,1), got %s', size(weights, 1), mat2str(size(bias)));
      end
      if ~strcmp(class(weights), class(x)) || ~strcmp(class(bias), class(x)) || ~isreal(weights) || ~isreal(bias)
        error('SequenceConvolution:dtype', 'SequenceConvolution: wanted weights and bias of class %s as x', class(x));
      end
    end

    function checkSequences(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('SequenceConvolution:dtype', 'SequenceConvolution: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 3 || isempty(x)
        error('SequenceConvolution:shape', ...
              'SequenceConvolution: wanted x (C,T,N) with no empty side, got %s', mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.x)
        error('SequenceConvolution:state', 'SequenceConvolution: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('SequenceConvolution:shape', 'SequenceConvolution: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), obj.ySize)
        error('SequenceConvolution:shape', ...
              'SequenceConvolution: wanted a gradient of %s, got %s', mat2str(obj.ySize), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.x)) || ~isreal(dy) || issparse(dy)
        error('SequenceConvolution:dtype', ...
              'SequenceConvolution: wanted a gradient of class %s, got %s', class(obj.x), class(dy));
      end
    end

    function value = whole(~, name, value, least, counts)
      if ~isnumeric(value) || ~isreal(value) || ~any(numel(value) == counts) || ~all(isfinite(value(:))) ...
          || any(value(:) < least) || any(value(:) ~= fix(value(:)))
        error('SequenceConvolution:option', ...
              'SequenceConvolution: %s: wanted whole numbers >= %d, one or %s of them', name, least, mat2str(counts));
      end
      value = double(value(:)');
    end

    function value = truth(~, name, value)
      if ~islogical(value) || ~isscalar(value)
        error('SequenceConvolution:option', 'SequenceConvolution: %s: wanted true or false', name);
      end
    end

    function pad = sides(obj, pad)
      if ischar(pad)
        if ~strcmp(pad, 'same')
          error('SequenceConvolution:option', 'SequenceConvolution: pad: wanted whole numbers >= 0 or ''same''');
        end
        return
      end
      pad = obj.whole('pad', pad, 0, [1 2]);
      pad = pad([1 end]);
    end
  end
end
