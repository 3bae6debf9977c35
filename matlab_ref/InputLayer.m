classdef InputLayer < handle
%INPUTLAYER Where samples enter a model: says what one looks like, and lets nothing else in.
%   layer = InputLayer(name, rows, cols, depth, batchsize, index)
%
%   y = layer.ForwardPropagation(x)                             x itself
%   gradient = layer.BackwardPropagation(struct('input', dy))   field input: dy itself
%   x = layer.Select(x, numbers)                                these samples
%   N = layer.Count(x)                                          how many samples there are
%
%   Images are (H,W,C,N), the samples last, where trailing ones may be missing: H rows, W columns, depth C.
%   Where rows and depth are 1, a table (N,D) comes in too, the samples first, D being cols.
%   All single or all double. batchsize tells the reader what the model was made for; any other serves.

  properties (SetAccess = private)
    name
    rows
    cols
    depth
    batchsize
    index
  end

  properties (Access = private)
    inputSize = [];
    inputClass = '';
  end

  methods
    function obj = InputLayer(name, rows, cols, depth, batchsize, index)
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
    end

    function y = ForwardPropagation(obj, x, ~, ~)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('InputLayer:dtype', 'InputLayer: wanted x real single or double, got %s', class(x));
      end
      images = ndims(x) <= 4 && isequal([size(x, 1) size(x, 2) size(x, 3)], [obj.rows obj.cols obj.depth]);
      if isempty(x) || ~(images || obj.isTable(x))
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
      if obj.isTable(x)
        x = x(numbers, :);
      else
        x = x(:, :, :, numbers);
      end
    end

    function N = Count(obj, x)
      if obj.isTable(x)
        N = size(x, 1);
      else
        N = size(x, 4);
      end
    end
  end

  methods (Access = private)
    function answer = isTable(obj, x)
      answer = obj.rows == 1 && obj.depth == 1 && ndims(x) == 2 && size(x, 2) == obj.cols;
    end
  end
end
