classdef Elu < handle
%ELU The exponential linear unit: x where x >= 0, otherwise alpha .* (exp(x) - 1).
%   layer = Elu(name, alpha, index, inputLayer)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%
%   x, y, dy are single or double, of up to four dimensions; there are no weights and no bias.
%
%   The derivative at 0 is 1. NaN stays NaN.

  properties (SetAccess = private)
    name
    alpha
    index
    inputLayer
  end

  properties (Access = private)
    slope = [];   % the derivative at each element of the last x
  end

  methods
    function obj = Elu(name, alpha, index, inputLayer)
      if ~isnumeric(alpha) || ~isscalar(alpha) || ~isreal(alpha) || ~isfinite(alpha)
        error('Elu:option', 'Elu: wanted a finite alpha');
      end
      obj.name = name;
      obj.alpha = double(alpha);
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias) %#ok<INUSD>
      obj.check(x);
      negative = ~(x >= 0);
      y = x;
      y(negative) = obj.alpha .* expm1(x(negative));
      obj.slope = ones(size(x), class(x));
      obj.slope(negative) = obj.alpha .* exp(x(negative));
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      gradient = struct('input', dy .* obj.slope, 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function check(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('Elu:dtype', 'Elu: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('Elu:shape', 'Elu: wanted x of at most four dimensions, none of them empty, got %s', ...
              mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.slope)
        error('Elu:state', 'Elu: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('Elu:shape', 'Elu: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.slope))
        error('Elu:shape', 'Elu: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.slope)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.slope)) || ~isreal(dy) || issparse(dy)
        error('Elu:dtype', 'Elu: wanted a gradient of class %s, got %s', class(obj.slope), class(dy));
      end
    end
  end
end
