classdef SequenceAvgPool < handle
%SEQUENCEAVGPOOL The mean of each channel under a window that slides over the steps of sequences.
%   layer = SequenceAvgPool(name, width, stride, pad, floored, counted, index, inputLayer)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias ([] for both)
%
%   x is (C,T,N), where trailing ones may be missing; y has (T + left + right - width) / stride + 1 steps, a whole
%   number, or, floored, rounded down. pad is one number or [left right], each smaller than the window, or 'same',
%   whatever makes ceil(T / stride) steps, the smaller half on the left. All single or all double.
%
%   The mean is over the steps of the sequence under the window; counted, the padding counts as steps of 0. Steps, and
%   the gradients of windows that overlap, add up in the order of time, from +0.
%
%   For MATLAB R2016b or newer and for Octave.

  properties (SetAccess = private)
    name
    width
    stride
    pad         % [left right], or 'same'
    floored
    counted
    index
    inputLayer
  end

  properties (Access = private)
    x = [];     % the last one
    xSize
    ySize
    counts      % (1,T')
  end

  methods
    function obj = SequenceAvgPool(name, width, stride, pad, floored, counted, index, inputLayer)
      obj.name = name;
      obj.width = obj.whole('width', width, 1, 1);
      obj.stride = obj.whole('stride', stride, 1, 1);
      obj.pad = obj.sides(pad);
      obj.floored = obj.truth('floored', floored);
      obj.counted = obj.truth('counted', counted);
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, ~, ~)
      obj.checkSequences(x);
      count = obj.positions(obj.width, size(x, 2));
      p = obj.padded(x, 0, obj.width);
      within = obj.padded(ones(1, size(x, 2), class(x)), double(obj.counted), obj.width);
      y = zeros(size(x, 1), count, size(x, 3), class(x));
      obj.counts = zeros(1, count, class(x));
      for i = 1:obj.width
        at = i + (0:count - 1) * obj.stride;
        y = y + p(:, at, :);
        obj.counts = obj.counts + within(1, at);
      end
      y = y ./ obj.counts;
      obj.x = x;
      obj.xSize = [size(x, 1), size(x, 2), size(x, 3)];
      obj.ySize = size(y);
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      count = size(dy, 2);
      dp = obj.padded(zeros(obj.xSize, class(dy)), 0, obj.width);
      for i = 1:obj.width
        at = i + (0:count - 1) * obj.stride;
        dp(:, at, :) = dp(:, at, :) + dy ./ obj.counts;
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
        error('SequenceAvgPool:shape', ...
              'SequenceAvgPool: a window of %d at stride %d has no whole number of positions on %d steps', ...
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
        error('SequenceAvgPool:dtype', 'SequenceAvgPool: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 3 || isempty(x)
        error('SequenceAvgPool:shape', ...
              'SequenceAvgPool: wanted x (C,T,N) with no empty side, got %s', mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.x)
        error('SequenceAvgPool:state', 'SequenceAvgPool: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('SequenceAvgPool:shape', 'SequenceAvgPool: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), obj.ySize)
        error('SequenceAvgPool:shape', ...
              'SequenceAvgPool: wanted a gradient of %s, got %s', mat2str(obj.ySize), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.x)) || ~isreal(dy) || issparse(dy)
        error('SequenceAvgPool:dtype', ...
              'SequenceAvgPool: wanted a gradient of class %s, got %s', class(obj.x), class(dy));
      end
    end

    function value = whole(~, name, value, least, counts)
      if ~isnumeric(value) || ~isreal(value) || ~any(numel(value) == counts) || ~all(isfinite(value(:))) ...
          || any(value(:) < least) || any(value(:) ~= fix(value(:)))
        error('SequenceAvgPool:option', ...
              'SequenceAvgPool: %s: wanted whole numbers >= %d, one or %s of them', name, least, mat2str(counts));
      end
      value = double(value(:)');
    end

    function value = truth(~, name, value)
      if ~islogical(value) || ~isscalar(value)
        error('SequenceAvgPool:option', 'SequenceAvgPool: %s: wanted true or false', name);
      end
    end

    function pad = sides(obj, pad)
      if ischar(pad)
        if ~strcmp(pad, 'same')
          error('SequenceAvgPool:option', 'SequenceAvgPool: pad: wanted whole numbers >= 0 or ''same''');
        end
        return
      end
      pad = obj.whole('pad', pad, 0, [1 2]);
      pad = pad([1 end]);
      if any(pad >= obj.width)
        error('SequenceAvgPool:option', ...
              'SequenceAvgPool: wanted a pad smaller than the window, got %s', mat2str(pad));
      end
    end
  end
end
