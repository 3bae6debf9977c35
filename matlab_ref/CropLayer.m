classdef CropLayer < handle
%CROPLAYER The part of images that is as high and wide as other images, from an offset on.
%   layer = CropLayer(name, offset, index, inputLayers)
%
%   y = layer.ForwardPropagation({x1, x2})
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input1, input2, weight, bias
%
%   x1 is (H,W,C,N) and x2 (h,w,any,N), where trailing ones may be missing; both single or both double. offset is
%   [top left], how many rows and columns of pixels of x1 are left out; y is (h,w,C,N). The gradient of x1 is dy with
%   zeros around it, that of x2 is zero. There are no weights and no bias.

  properties (SetAccess = private)
    name
    offset
    index
    inputLayer
  end

  properties (Access = private)
    inputs = {};
    y = [];
  end

  methods
    function obj = CropLayer(name, offset, index, inputLayer)
      if ~isnumeric(offset) || numel(offset) ~= 2 || any(offset < 0) || any(offset ~= floor(offset)) ...
          || any(~isfinite(offset))
        error('CropLayer:option', 'CropLayer: wanted the offset [top left], whole numbers >= 0');
      end
      obj.name = name;
      obj.offset = double(offset);
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias) %#ok<INUSD>
      obj.check(x);
      [rows, columns] = obj.part(x);
      y = x{1}(rows, columns, :, :);
      obj.inputs = x;
      obj.y = y;
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      [rows, columns] = obj.part(obj.inputs);
      dx = zeros(size(obj.inputs{1}), class(dy));
      dx(rows, columns, :, :) = dy;
      gradient = struct('input1', dx, 'input2', zeros(size(obj.inputs{2}), class(dy)), 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function [rows, columns] = part(obj, x)
      rows = obj.offset(1) + (1:size(x{2}, 1));
      columns = obj.offset(2) + (1:size(x{2}, 2));
    end

    function check(obj, inputs)
      if ~iscell(inputs) || numel(inputs) ~= 2
        error('CropLayer:shape', 'CropLayer: wanted a cell of two inputs');
      end
      for k = 1:2
        x = inputs{k};
        if ~isfloat(x) || ~isreal(x) || issparse(x) || ~strcmp(class(x), class(inputs{1}))
          error('CropLayer:dtype', 'CropLayer: wanted both inputs real single or both double, got %s', class(x));
        end
        if ndims(x) > 4 || isempty(x)
          error('CropLayer:shape', 'CropLayer: wanted input %d (H,W,C,N) with no empty side, got %s', k, mat2str(size(x)));
        end
      end
      if size(inputs{1}, 4) ~= size(inputs{2}, 4)
        error('CropLayer:shape', 'CropLayer: wanted as many images in both inputs');
      end
      for k = 1:2
        if obj.offset(k) + size(inputs{2}, k) > size(inputs{1}, k)
          error('CropLayer:shape', 'CropLayer: input 2 %s does not fit into input 1 %s from [%d %d] on', ...
                mat2str(size(inputs{2})), mat2str(size(inputs{1})), obj.offset(1), obj.offset(2));
        end
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.y)
        error('CropLayer:state', 'CropLayer: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('CropLayer:shape', 'CropLayer: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.y))
        error('CropLayer:shape', 'CropLayer: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.y)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.y)) || ~isreal(dy) || issparse(dy)
        error('CropLayer:dtype', 'CropLayer: wanted a gradient of class %s, got %s', class(obj.y), class(dy));
      end
    end
  end
end
