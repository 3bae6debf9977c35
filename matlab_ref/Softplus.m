classdef Softplus < handle
%SOFTPLUS A smooth rectifier, log(1 + exp(x)).
%   layer = Softplus(name, index, inputLayer)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%
%   x, y, dy are single or double, of up to four dimensions; there are no weights and no bias.
%
%   Computed as max(x, 0) + log1p(exp(-abs(x))), which does not overflow; NaN stays NaN.

  properties (SetAccess = private)
    name
    index
    inputLayer
  end

  properties (Access = private)
    slope = [];   % the derivative at each element of the last x
  end

  methods
    function obj = Softplus(name, index, inputLayer)
      obj.name = name;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias) %#ok<INUSD>
      obj.check(x);
      y = max(x, 0) + log1p(exp(-abs(x)));
      obj.slope = 1 ./ (1 + exp(-x));
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      gradient = struct('input', dy .* obj.slope, 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function check(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('Softplus:dtype', 'Softplus: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('Softplus:shape', 'Softplus: wanted x of at most four dimensions, none of them empty, got %s', ...
              mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.slope)
        error('Softplus:state', 'Softplus: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('Softplus:shape', 'Softplus: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.slope))
        error('Softplus:shape', 'Softplus: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.slope)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.slope)) || ~isreal(dy) || issparse(dy)
        error('Softplus:dtype', 'Softplus: wanted a gradient of class %s, got %s', class(obj.slope), class(dy));
      end
    end
  end
end
