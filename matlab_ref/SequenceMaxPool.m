classdef SequenceMaxPool < handle
%SEQUENCEMAXPOOL The largest number of each channel under a window that slides over the steps of sequences.
%   layer = SequenceMaxPool(name, width, stride, pad, floored, index, inputLayer)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias ([] for both)
%
%   x is (C,T,N), where trailing ones may be missing; y has (T + left + right - width) / stride + 1 steps, a whole
%   number, or, floored, rounded down. pad is one number or [left right], each smaller than the window, or 'same',
%   whatever makes ceil(T / stride) steps, the smaller half on the left. All single or all double.
%
%   Padding never wins, not even over -Inf. Every maximum of a window receives the full gradient. NaN is ignored unless
%   a window holds nothing else: then y is NaN and nobody receives the gradient.
%
%   For MATLAB R2016b or newer and for Octave.

  properties (SetAccess = private)
    name
    width
    stride
    pad         % [left right], or 'same'
    floored
    index
    inputLayer
  end

  properties (Access = private)
    x = [];     % the last one, in its padding
    xSize
    y
    ySize
  end

  methods
    function obj = SequenceMaxPool(name, width, stride, pad, floored, index, inputLayer)
      obj.name = name;
      obj.width = obj.whole('width', width, 1, 1);
      obj.stride = obj.whole('stride', stride, 1, 1);
      obj.pad = obj.sides(pad);
      obj.floored = obj.truth('floored', floored);
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, ~, ~)
      obj.checkSequences(x);
      count = obj.positions(obj.width, size(x, 2));
      % NaN, which max ignores: of -Inf and NaN, a padding of -Inf would win over the step.
      p = obj.padded(x, NaN, obj.width);
      y = NaN(size(x, 1), count, size(x, 3), class(x));
      for i = 1:obj.width
        y = max(y, p(:, i + (0:count - 1) * obj.stride, :));
      end
      obj.x = p;
      obj.xSize = [size(x, 1), size(x, 2), size(x, 3)];
      obj.y = y;
      obj.ySize = size(y);
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      count = size(dy, 2);
      dp = zeros(size(obj.x), class(dy));
      for i = 1:obj.width
        at = i + (0:count - 1) * obj.stride;
        % By a mask, not by a product: an infinite gradient stays where it belongs.
        part = dy;
        part(obj.x(:, at, :) ~= obj.y) = 0;
        dp(:, at, :) = dp(:, at, :) + part;
      end
      gradient = struct('input', obj.inside(dp, obj.width), 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
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
        error('SequenceMaxPool:shape', ...
              'SequenceMaxPool: a window of %d at stride %d has no whole number of positions on %d steps', ...
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

    function checkSequences(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('SequenceMaxPool:dtype', 'SequenceMaxPool: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 3 || isempty(x)
        error('SequenceMaxPool:shape', ...
              'SequenceMaxPool: wanted x (C,T,N) with no empty side, got %s', mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.x)
        error('SequenceMaxPool:state', 'SequenceMaxPool: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('SequenceMaxPool:shape', 'SequenceMaxPool: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), obj.ySize)
        error('SequenceMaxPool:shape', ...
              'SequenceMaxPool: wanted a gradient of %s, got %s', mat2str(obj.ySize), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.x)) || ~isreal(dy) || issparse(dy)
        error('SequenceMaxPool:dtype', ...
              'SequenceMaxPool: wanted a gradient of class %s, got %s', class(obj.x), class(dy));
      end
    end

    function value = whole(~, name, value, least, counts)
      if ~isnumeric(value) || ~isreal(value) || ~any(numel(value) == counts) || ~all(isfinite(value(:))) ...
          || any(value(:) < least) || any(value(:) ~= fix(value(:)))
        error('SequenceMaxPool:option', ...
              'SequenceMaxPool: %s: wanted whole numbers >= %d, one or %s of them', name, least, mat2str(counts));
      end
      value = double(value(:)');
    end

    function value = truth(~, name, value)
      if ~islogical(value) || ~isscalar(value)
        error('SequenceMaxPool:option', 'SequenceMaxPool: %s: wanted true or false', name);
      end
    end

    function pad = sides(obj, pad)
      if ischar(pad)
        if ~strcmp(pad, 'same')
          error('SequenceMaxPool:option', 'SequenceMaxPool: pad: wanted whole numbers >= 0 or ''same''');
        end
        return
      end
      pad = obj.whole('pad', pad, 0, [1 2]);
      pad = pad([1 end]);
      if any(pad >= obj.width)
        error('SequenceMaxPool:option', ...
              'SequenceMaxPool: wanted a pad smaller than the window, got %s', mat2str(pad));
      end
    end
  end
end
