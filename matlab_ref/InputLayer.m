classdef InputLayer < handle
%INPUTLAYER Where samples enter a model: says what one looks like, and lets nothing else in.
%   layer = InputLayer(name, rows, cols, depth, batchsize, index)
%   layer = InputLayer(name, 1, D, 1, batchsize, index, true)
%
%   y = layer.ForwardPropagation(x)                             x itself
%   gradient = layer.BackwardPropagation(struct('input', dy))   field input: dy itself
%   x = layer.Select(x, numbers)                                these samples
%   N = layer.Count(x)                                          how many samples there are
%
%   Images are (H,W,C,N), the samples last, where trailing ones may be missing: H rows, W columns, depth C.
%   With true at the end, a table (N,D) comes in instead, the samples first.
%   Single or double. batchsize tells the reader what the model was made for; any other serves.

  properties (SetAccess = private)
    name
    rows
    cols
    depth
    batchsize
    index
    table = false;
  end

  properties (Access = private)
    inputSize = [];
    inputClass = '';
  end

  methods
    function obj = InputLayer(name, rows, cols, depth, batchsize, index, table)
      for side = {rows, cols, depth}
        if ~isnumeric(side{1}) || ~isscalar(side{1}) || ~(side{1} >= 1) || mod(side{1}, 1) ~= 0
          error('InputLayer:option', 'InputLayer: wanted rows, cols and depth as whole numbers >= 1');
        end
      end
      obj.name = name;
      obj.rows = rows;
      obj.cols = cols;
      obj.depth = depth;
      obj.batchsize = batchsize;
      obj.index = index;
      if nargin > 6
        obj.table = table;
      end
      if obj.table && (rows ~= 1 || depth ~= 1)
        error('InputLayer:option', 'InputLayer: wanted 1 for the rows and the depth of a table');
      end
    end

    function y = ForwardPropagation(obj, x, ~, ~)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('InputLayer:dtype', 'InputLayer: wanted x real single or double, got %s', class(x));
      end
      if obj.table
        fits = ndims(x) == 2 && size(x, 2) == obj.cols;
      else
        fits = ndims(x) <= 4 && isequal([size(x, 1) size(x, 2) size(x, 3)], [obj.rows obj.cols obj.depth]);
      end
      if isempty(x) || ~fits
        error('InputLayer:shape', 'InputLayer: wanted samples of %s, got %s', ...
              mat2str([obj.rows obj.cols obj.depth]), mat2str(size(x)));
      end
      obj.inputSize = size(x);
      obj.inputClass = class(x);
      y = x;
    end

    function gradient = BackwardPropagation(obj, dout)
      if isempty(obj.inputSize)
        error('InputLayer:state', 'InputLayer: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input') || ~isequal(size(dout.input), obj.inputSize)
        error('InputLayer:shape', 'InputLayer: wanted a gradient of %s in the field input', ...
              mat2str(obj.inputSize));
      end
      if ~strcmp(class(dout.input), obj.inputClass)
        error('InputLayer:dtype', 'InputLayer: wanted a gradient of class %s, got %s', ...
              obj.inputClass, class(dout.input));
      end
      gradient = struct('input', dout.input, 'weight', [], 'bias', []);
    end

    function x = Select(obj, x, numbers)
      if obj.table
        x = x(numbers, :);
      else
        x = x(:, :, :, numbers);
      end
    end

    function N = Count(obj, x)
      if obj.table
        N = size(x, 1);
      else
        N = size(x, 4);
      end
    end
  end
end
