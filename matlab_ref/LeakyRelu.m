classdef LeakyRelu < handle
%LEAKYRELU The leaky rectifier: y = x where x >= 0, otherwise slope .* x.
%   layer = LeakyRelu(name, slope, index, inputLayer)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%
%   x, y, dy are single or double, of up to four dimensions; there are no weights and no bias.
%
%   The derivative at 0 is 1. NaN stays NaN, with a gradient of slope .* dy.

  properties (SetAccess = private)
    name
    slope
    index
    inputLayer
  end

  properties (Access = private)
    mask        % where x >= 0
    kind        % the class of x
    hasCache = false;
  end

  methods
    function obj = LeakyRelu(name, slope, index, inputLayer)
      if ~isnumeric(slope) || ~isscalar(slope) || ~isreal(slope) || ~isfinite(slope)
        error('LeakyRelu:option', 'LeakyRelu: wanted a finite slope');
      end
      obj.name = name;
      obj.slope = double(slope);
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias) %#ok<INUSD>
      obj.check(x);
      obj.mask = x >= 0;
      obj.kind = class(x);
      y = obj.slope .* x;
      y(obj.mask) = x(obj.mask);
      obj.hasCache = true;
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      dx = obj.slope .* dy;
      dx(obj.mask) = dy(obj.mask);
      gradient = struct('input', dx, 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function check(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('LeakyRelu:dtype', 'LeakyRelu: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('LeakyRelu:shape', 'LeakyRelu: wanted x of at most four dimensions, none of them empty, got %s', ...
              mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if ~obj.hasCache
        error('LeakyRelu:state', 'LeakyRelu: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('LeakyRelu:shape', 'LeakyRelu: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.mask))
        error('LeakyRelu:shape', 'LeakyRelu: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.mask)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), obj.kind) || ~isreal(dy) || issparse(dy)
        error('LeakyRelu:dtype', 'LeakyRelu: wanted a gradient of class %s, got %s', obj.kind, class(dy));
      end
    end
  end
end
