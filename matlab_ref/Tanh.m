classdef Tanh < handle
%TANH The hyperbolic tangent.
%   layer = Tanh(name, index, inputLayer)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%
%   x, y, dy are single or double, of up to four dimensions; there are no weights and no bias.

  properties (SetAccess = private)
    name
    index
    inputLayer
  end

  properties (Access = private)
    y           % of the last forward
    hasCache = false;
  end

  methods
    function obj = Tanh(name, index, inputLayer)
      obj.name = name;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias) %#ok<INUSD>
      obj.check(x);
      obj.y = tanh(x);
      y = obj.y;
      obj.hasCache = true;
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      dx = dy .* (1 - obj.y .* obj.y);
      gradient = struct('input', dx, 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function check(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('Tanh:dtype', 'Tanh: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('Tanh:shape', 'Tanh: wanted x of at most four dimensions, none of them empty, got %s', ...
              mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if ~obj.hasCache
        error('Tanh:state', 'Tanh: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('Tanh:shape', 'Tanh: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.y))
        error('Tanh:shape', 'Tanh: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.y)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.y)) || ~isreal(dy) || issparse(dy)
        error('Tanh:dtype', 'Tanh: wanted a gradient of class %s, got %s', class(obj.y), class(dy));
      end
    end
  end
end
