classdef Swish < handle
%SWISH Swish, or SiLU: a value gated by its own logistic, x ./ (1 + exp(-x)).
%   layer = Swish(name, index, inputLayer)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%
%   x, y, dy are single or double, of up to four dimensions; there are no weights and no bias.
%
%   dx = dy .* (s + y .* (1 - s)) with s = 1 ./ (1 + exp(-x)).

  properties (SetAccess = private)
    name
    index
    inputLayer
  end

  properties (Access = private)
    slope = [];   % the derivative at each element of the last x
  end

  methods
    function obj = Swish(name, index, inputLayer)
      obj.name = name;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias) %#ok<INUSD>
      obj.check(x);
      s = 1 ./ (1 + exp(-x));
      y = x .* s;
      obj.slope = s + y .* (1 - s);
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      gradient = struct('input', dy .* obj.slope, 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function check(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('Swish:dtype', 'Swish: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('Swish:shape', 'Swish: wanted x of at most four dimensions, none of them empty, got %s', ...
              mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.slope)
        error('Swish:state', 'Swish: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('Swish:shape', 'Swish: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.slope))
        error('Swish:shape', 'Swish: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.slope)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.slope)) || ~isreal(dy) || issparse(dy)
        error('Swish:dtype', 'Swish: wanted a gradient of class %s, got %s', class(obj.slope), class(dy));
      end
    end
  end
end
