classdef Sigmoid < handle
%SIGMOID The logistic function: y = 1 ./ (1 + exp(-x)).
%   layer = Sigmoid(name, index, inputLayer)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%
%   x, y, dy are single or double, of up to four dimensions; there are no weights and no bias.
%
%   For large |x| it saturates at 0 and 1: exp(-x) may become infinite, y does not become NaN.

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
    function obj = Sigmoid(name, index, inputLayer)
      obj.name = name;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias) %#ok<INUSD>
      obj.check(x);
      obj.y = 1 ./ (1 + exp(-x));
      y = obj.y;
      obj.hasCache = true;
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      dx = dy .* (obj.y .* (1 - obj.y));
      gradient = struct('input', dx, 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function check(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('Sigmoid:dtype', 'Sigmoid: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('Sigmoid:shape', 'Sigmoid: wanted x of at most four dimensions, none of them empty, got %s', ...
              mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if ~obj.hasCache
        error('Sigmoid:state', 'Sigmoid: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('Sigmoid:shape', 'Sigmoid: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.y))
        error('Sigmoid:shape', 'Sigmoid: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.y)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.y)) || ~isreal(dy) || issparse(dy)
        error('Sigmoid:dtype', 'Sigmoid: wanted a gradient of class %s, got %s', class(obj.y), class(dy));
      end
    end
  end
end
