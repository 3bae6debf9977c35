classdef Flatten < handle
%FLATTEN Make a row of each image.
%   layer = Flatten(name, order, index, inputLayer)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias ([] for both)
%
%   x is (H,W,C,N), where trailing ones may be missing, single or double; y and dy are (N,H*W*C). order 'row': channel
%   by channel, row by row, w changes first. 'column': as x(:), h changes first.

  properties (SetAccess = private)
    name
    order
    index
    inputLayer
  end

  properties (Access = private)
    x = [];
    rows = [];
  end

  methods
    function obj = Flatten(name, order, index, inputLayer)
      if ~ischar(order) || ~any(strcmp(order, {'row', 'column'}))
        error('Flatten:option', 'Flatten: wanted the order ''row'', or ''column'' of pixels');
      end
      obj.name = name;
      obj.order = order;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias) %#ok<INUSD>
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('Flatten:dtype', 'Flatten: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('Flatten:shape', 'Flatten: wanted x (H,W,C,N) with no empty side, got %s', mat2str(size(x)));
      end
      images = x;
      if strcmp(obj.order, 'row')
        images = permute(x, [2 1 3 4]);
      end
      y = reshape(images, numel(x) / size(x, 4), size(x, 4)).';
      obj.x = x;
      obj.rows = y;
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      x = obj.x;
      if strcmp(obj.order, 'row')
        dx = permute(reshape(dy.', size(x, 2), size(x, 1), size(x, 3), size(x, 4)), [2 1 3 4]);
      else
        dx = reshape(dy.', size(x));
      end
      gradient = struct('input', dx, 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function dy = checkGradient(obj, dout)
      if isempty(obj.rows)
        error('Flatten:state', 'Flatten: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('Flatten:shape', 'Flatten: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.rows))
        error('Flatten:shape', 'Flatten: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.rows)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.rows)) || ~isreal(dy) || issparse(dy)
        error('Flatten:dtype', 'Flatten: wanted a gradient of class %s, got %s', class(obj.rows), class(dy));
      end
    end
  end
end
