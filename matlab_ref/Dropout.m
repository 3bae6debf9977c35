classdef Dropout < handle
%DROPOUT In training, zero elements at random and scale the others up.
%   layer = Dropout(name, prob, index, inputLayer)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%   layer.IsTraining(false)                                     y = x from now on
%
%   x, y, dy are single or double, of up to four dimensions; there are no weights and no bias.
%
%   An element is zeroed with probability prob, and multiplied by 1 / (1 - prob) otherwise. The draws come
%   from rand(size(x)), in double whatever the class of x: rand('twister', seed) before makes them repeatable.

  properties (SetAccess = private)
    name
    prob
    index
    inputLayer
    training = true;
  end

  properties (Access = private)
    mask        % 0 or 1 / (1 - prob), of the class of x
    hasCache = false;
  end

  methods
    function obj = Dropout(name, prob, index, inputLayer)
      if ~isnumeric(prob) || ~isscalar(prob) || ~isreal(prob) || ~(prob >= 0 && prob < 1)
        error('Dropout:option', 'Dropout: wanted a prob from 0 to less than 1');
      end
      obj.name = name;
      obj.prob = double(prob);
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias) %#ok<INUSD>
      obj.check(x);
      if obj.training
        obj.mask = cast(rand(size(x)) >= obj.prob, class(x)) .* (1 / (1 - obj.prob));
        y = x .* obj.mask;
      else
        y = x;
      end
      % A forward in evaluation mode leaves nothing for a backward to use.
      obj.hasCache = obj.training;
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      gradient = struct('input', dy .* obj.mask, 'weight', [], 'bias', []);
    end

    function IsTraining(obj, flag)
      obj.training = logical(flag);
    end
  end

  methods (Access = private)
    function check(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('Dropout:dtype', 'Dropout: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('Dropout:shape', 'Dropout: wanted x of at most four dimensions, none of them empty, got %s', ...
              mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if ~obj.hasCache
        error('Dropout:state', 'Dropout: backward wants a training forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('Dropout:shape', 'Dropout: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.mask))
        error('Dropout:shape', 'Dropout: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.mask)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.mask)) || ~isreal(dy) || issparse(dy)
        error('Dropout:dtype', 'Dropout: wanted a gradient of class %s, got %s', class(obj.mask), class(dy));
      end
    end
  end
end
