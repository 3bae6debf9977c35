classdef Gelu < handle
%GELU The Gaussian error linear unit: x times the probability that a normal number is smaller.
%   layer = Gelu(name, approximate, index, inputLayer)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%
%   x, y, dy are single or double, of up to four dimensions; there are no weights and no bias.
%
%   approximate 'none': x ./ 2 .* erfc(-x ./ sqrt(2));
%   'tanh': x ./ 2 .* (1 + tanh(sqrt(2 / pi) .* (x + 0.044715 .* x .^ 3))).

  properties (SetAccess = private)
    name
    approximate
    index
    inputLayer
  end

  properties (Access = private)
    slope = [];   % the derivative at each element of the last x
  end

  methods
    function obj = Gelu(name, approximate, index, inputLayer)
      if ~ischar(approximate) || ~any(strcmp(approximate, {'none', 'tanh'}))
        error('Gelu:option', 'Gelu: wanted approximate ''none'' or ''tanh''');
      end
      obj.name = name;
      obj.approximate = approximate;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias) %#ok<INUSD>
      obj.check(x);
      if strcmp(obj.approximate, 'tanh')
        t = tanh(sqrt(2 / pi) .* (x + 0.044715 .* (x .* x .* x)));
        p = 0.5 .* (1 + t);
        density = 0.5 .* (1 - t .* t) .* (sqrt(2 / pi) .* (1 + 3 * 0.044715 .* (x .* x)));
      else
        p = 0.5 .* erfc(-x ./ sqrt(2));
        density = exp(-0.5 .* (x .* x)) ./ sqrt(2 * pi);
      end
      y = x .* p;
      obj.slope = p + x .* density;
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      gradient = struct('input', dy .* obj.slope, 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function check(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('Gelu:dtype', 'Gelu: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('Gelu:shape', 'Gelu: wanted x of at most four dimensions, none of them empty, got %s', ...
              mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.slope)
        error('Gelu:state', 'Gelu: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('Gelu:shape', 'Gelu: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.slope))
        error('Gelu:shape', 'Gelu: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.slope)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.slope)) || ~isreal(dy) || issparse(dy)
        error('Gelu:dtype', 'Gelu: wanted a gradient of class %s, got %s', class(obj.slope), class(dy));
      end
    end
  end
end
