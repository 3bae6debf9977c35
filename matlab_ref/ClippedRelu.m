classdef ClippedRelu < handle
%CLIPPEDRELU The rectifier with a ceiling: x where 0 <= x < ceiling, the ceiling from there on, otherwise 0.
%   layer = ClippedRelu(name, ceiling, index, inputLayer)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%
%   x, y, dy are single or double, of up to four dimensions; there are no weights and no bias.
%
%   The derivative is 1 at 0 and 0 at the ceiling. NaN becomes 0.

  properties (SetAccess = private)
    name
    ceiling
    index
    inputLayer
  end

  properties (Access = private)
    slope = [];   % the derivative at each element of the last x
  end

  methods
    function obj = ClippedRelu(name, ceiling, index, inputLayer)
      if ~isnumeric(ceiling) || ~isscalar(ceiling) || ~isreal(ceiling) || ~(ceiling > 0 && isfinite(ceiling))
        error('ClippedRelu:option', 'ClippedRelu: wanted a finite ceiling > 0');
      end
      obj.name = name;
      obj.ceiling = double(ceiling);
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias) %#ok<INUSD>
      obj.check(x);
      top = cast(obj.ceiling, class(x));
      inside = x >= 0 & x < top;
      y = zeros(size(x), class(x));
      y(inside) = x(inside);
      y(x >= top) = top;
      obj.slope = cast(inside, class(x));
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      gradient = struct('input', obj.chosen(dy), 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function check(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('ClippedRelu:dtype', 'ClippedRelu: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('ClippedRelu:shape', 'ClippedRelu: wanted x of at most four dimensions, none of them empty, got %s', ...
              mat2str(size(x)));
      end
    end

    function dx = chosen(obj, dy)
      %CHOSEN Return dy where the slope is 1 and 0 elsewhere: NaN and Inf of dy are not multiplied with.
      dx = zeros(size(dy), class(dy));
      dx(obj.slope == 1) = dy(obj.slope == 1);
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.slope)
        error('ClippedRelu:state', 'ClippedRelu: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('ClippedRelu:shape', 'ClippedRelu: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.slope))
        error('ClippedRelu:shape', 'ClippedRelu: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.slope)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.slope)) || ~isreal(dy) || issparse(dy)
        error('ClippedRelu:dtype', 'ClippedRelu: wanted a gradient of class %s, got %s', class(obj.slope), class(dy));
      end
    end
  end
end
