classdef Sgd < handle
%SGD Stochastic gradient descent: w - learningRate * g.
%   solver = Sgd(learningRate)
%
%   weight = solver.Step(name, weight, gradient)
%   solver.learningRate = 0.01    from the next step on
%   solver.Decay(factor)          learningRate times factor
%
%   weight and gradient are of one size, any, both single or both double.
%   Nothing is kept from one step to the next.

  properties
    learningRate
  end

  methods
    function obj = Sgd(learningRate)
      obj.learningRate = learningRate;
    end

    function set.learningRate(obj, value)
      if ~isnumeric(value) || ~isreal(value) || ~isscalar(value) || ~isfinite(value) || value < 0
        error('Sgd:option', 'Sgd: wanted a finite learning rate >= 0');
      end
      obj.learningRate = double(value);
    end

    function Decay(obj, factor)
      if ~isnumeric(factor) || ~isreal(factor) || ~isscalar(factor) || ~isfinite(factor) || factor < 0
        error('Sgd:option', 'Sgd: wanted a finite factor >= 0');
      end
      obj.learningRate = obj.learningRate * double(factor);
    end

    function weight = Step(obj, name, weight, gradient)
      obj.check(name, weight, gradient);
      weight = weight - obj.learningRate * gradient;
    end
  end

  methods (Access = private)
    function check(~, name, weight, gradient)
      if ~ischar(name) || size(name, 1) ~= 1
        error('Sgd:option', 'Sgd: wanted the name of a weight');
      end
      if ~isfloat(weight) || ~isreal(weight) || issparse(weight)
        error('Sgd:dtype', 'Sgd: wanted a weight real single or double, got %s', class(weight));
      end
      if isempty(weight)
        error('Sgd:shape', 'Sgd: wanted a weight of at least one element, got %s', ...
              mat2str(size(weight)));
      end
      if ~strcmp(class(gradient), class(weight)) || ~isreal(gradient) || issparse(gradient)
        error('Sgd:dtype', 'Sgd: wanted a gradient real %s as its weight, got %s', ...
              class(weight), class(gradient));
      end
      if ~isequal(size(gradient), size(weight))
        error('Sgd:shape', 'Sgd: wanted a gradient %s as its weight, got %s', ...
              mat2str(size(weight)), mat2str(size(gradient)));
      end
    end
  end
end
