classdef Relu < handle
%RELU The rectifier: y = x where x >= 0, otherwise 0.
%   layer = Relu(name, index, inputLayer)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%
%   x, y, dy are single or double, of up to four dimensions; there are no weights and no bias.
%
%   NaN becomes 0 and -0 stays -0, as in max(x, 0). The derivative at 0 is 1. Both ways the elements are
%   chosen, not multiplied: where x < 0 or NaN, the gradient is +0 even if dy is NaN or infinite.

  properties (SetAccess = private)
    name
    index
    inputLayer
  end

  properties (Access = private)
    mask        % where x >= 0
    kind        % the class of x
    hasCache = false;
  end

  methods
    function obj = Relu(name, index, inputLayer)
      obj.name = name;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias) %#ok<INUSD>
      obj.check(x);
      obj.mask = x >= 0;
      obj.kind = class(x);
      y = zeros(size(x), class(x));
      y(obj.mask) = x(obj.mask);
      obj.hasCache = true;
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      dx = zeros(size(dy), class(dy));
      dx(obj.mask) = dy(obj.mask);
      gradient = struct('input', dx, 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function check(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('Relu:dtype', 'Relu: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('Relu:shape', 'Relu: wanted x of at most four dimensions, none of them empty, got %s', ...
              mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if ~obj.hasCache
        error('Relu:state', 'Relu: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('Relu:shape', 'Relu: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.mask))
        error('Relu:shape', 'Relu: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.mask)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), obj.kind) || ~isreal(dy) || issparse(dy)
        error('Relu:dtype', 'Relu: wanted a gradient of class %s, got %s', obj.kind, class(dy));
      end
    end
  end
end
