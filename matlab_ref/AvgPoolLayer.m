classdef AvgPoolLayer < handle
%AVGPOOLLAYER The mean of the pixels under a window that slides over each channel.
%   layer = AvgPoolLayer(name, kernelHeight, kernelWidth, stride, index, inputLayer)
%   layer = AvgPoolLayer(name, kernelHeight, kernelWidth, stride, index, inputLayer, pad)
%   layer = AvgPoolLayer(name, kernelHeight, kernelWidth, stride, index, inputLayer, pad, countIncludePad)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias ([] for both)
%
%   x is (H,W,C,N), where trailing ones may be missing; y has
%   (H + top + bottom - kernelHeight) / stride + 1 rows, which must be a whole number, and columns alike.
%   stride is one number or [vertical horizontal]; pad one number, [vertical horizontal] or
%   [top bottom left right], each smaller than the kernel. All single or all double.
%
%   The mean is over the pixels of the image under the window; with countIncludePad true, the padding
%   counts as pixels of 0.
%
%   A window is walked column by column, its row index changes first; pixels, and gradients of windows
%   that overlap, add up in that order, from +0. For MATLAB R2016b or newer and for Octave.

  properties (SetAccess = private)
    name
    index
    inputLayer
    kernel      % [height width]
    stride      % [vertical horizontal]
    pad         % [top bottom left right]
    countIncludePad
  end

  properties (Access = private)
    counts = [];    % (positions) by what the sums of the last x were divided
    xSize = [];     % (1,4)
    ySize = [];     % (1,4)
    xClass = '';
  end

  methods
    function obj = AvgPoolLayer(name, kernelHeight, kernelWidth, stride, index, inputLayer, pad, countIncludePad)
      if nargin < 7
        pad = 0;
      end
      if nargin < 8
        countIncludePad = false;
      end
      obj.checkOption('kernelHeight', kernelHeight, 1, 1);
      obj.checkOption('kernelWidth', kernelWidth, 1, 1);
      obj.checkOption('stride', stride, 1, [1 2]);
      obj.checkOption('pad', pad, 0, [1 2 4]);
      if ~islogical(countIncludePad) || ~isscalar(countIncludePad)
        error('AvgPoolLayer:option', 'AvgPoolLayer: wanted countIncludePad true or false');
      end
      obj.countIncludePad = countIncludePad;
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
        error('AvgPoolLayer:option', 'AvgPoolLayer: wanted a pad smaller than the kernel, got %s', mat2str(pad));
      end
    end

    function y = ForwardPropagation(obj, x, ~, ~)
      obj.checkImages(x);
      [H, W, C, N] = size(x);
      positions = obj.outputSize(H, W);
      p = zeros(H + sum(obj.pad(1:2)), W + sum(obj.pad(3:4)), C, N, class(x));
      p(obj.pad(1) + (1:H), obj.pad(3) + (1:W), :, :) = x;

      sums = zeros(positions(1), positions(2), C, N, class(x));
      for j = 1:obj.kernel(2)
        for i = 1:obj.kernel(1)
          [rows, columns] = obj.spot(i, j, positions);
          sums = sums + p(rows, columns, :, :);
        end
      end
      obj.counts = obj.countPixels(H, W, positions, class(x));
      y = sums ./ obj.counts;
      obj.xSize = [H, W, C, N];
      obj.ySize = [positions, C, N];
      obj.xClass = class(x);
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      share = dy ./ obj.counts;
      spread = zeros([obj.xSize(1:2) + obj.pad([1 3]) + obj.pad([2 4]), obj.xSize(3:4)], obj.xClass);
      for j = 1:obj.kernel(2)
        for i = 1:obj.kernel(1)
          [rows, columns] = obj.spot(i, j, obj.ySize(1:2));
          spread(rows, columns, :, :) = spread(rows, columns, :, :) + share;
        end
      end
      dx = spread(1 + obj.pad(1):end - obj.pad(2), 1 + obj.pad(3):end - obj.pad(4), :, :);
      gradient = struct('input', dx, 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function counts = countPixels(obj, H, W, positions, type)
      counts = prod(obj.kernel) * ones(positions, type);
      if ~obj.countIncludePad
        firstRow = (0:positions(1) - 1) * obj.stride(1) - obj.pad(1);
        firstColumn = (0:positions(2) - 1) * obj.stride(2) - obj.pad(3);
        rows = min(firstRow + obj.kernel(1), H) - max(firstRow, 0);
        columns = min(firstColumn + obj.kernel(2), W) - max(firstColumn, 0);
        counts(:) = rows' * columns;
      end
    end

    function [rows, columns] = spot(obj, i, j, positions)
      rows = i + (0:positions(1) - 1) * obj.stride(1);
      columns = j + (0:positions(2) - 1) * obj.stride(2);
    end

    function positions = outputSize(obj, H, W)
      room = [H + sum(obj.pad(1:2)), W + sum(obj.pad(3:4))] - obj.kernel;
      if any(room < 0) || any(mod(room, obj.stride) ~= 0)
        error('AvgPoolLayer:shape', ...
              'AvgPoolLayer: on images of %d by %d, a window of %s with stride %s and pad %s has no whole number of positions', ...
              H, W, mat2str(obj.kernel), mat2str(obj.stride), mat2str(obj.pad));
      end
      positions = room ./ obj.stride + 1;
    end

    function checkImages(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('AvgPoolLayer:dtype', 'AvgPoolLayer: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('AvgPoolLayer:shape', 'AvgPoolLayer: wanted x (H,W,C,N) with no empty side, got %s', ...
              mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.ySize)
        error('AvgPoolLayer:state', 'AvgPoolLayer: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('AvgPoolLayer:shape', 'AvgPoolLayer: wanted a struct with the field input');
      end
      dy = dout.input;
      [rows, columns, C, N] = size(dy);
      if ndims(dy) > 4 || ~isequal([rows, columns, C, N], obj.ySize)
        error('AvgPoolLayer:shape', 'AvgPoolLayer: wanted a gradient of %s, got %s', ...
              mat2str(obj.ySize), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), obj.xClass) || ~isreal(dy) || issparse(dy)
        error('AvgPoolLayer:dtype', 'AvgPoolLayer: wanted a gradient of class %s, got %s', ...
              obj.xClass, class(dy));
      end
    end

    function checkOption(~, name, value, least, counts)
      if ~isnumeric(value) || ~isreal(value) || ~any(numel(value) == counts) || ~all(isfinite(value(:))) ...
          || any(value(:) < least) || any(value(:) ~= fix(value(:)))
        error('AvgPoolLayer:option', 'AvgPoolLayer: %s: wanted whole numbers >= %d, one or %s of them', ...
              name, least, mat2str(counts));
      end
    end
  end
end
