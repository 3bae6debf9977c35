classdef SgdMomentum < handle
%SGDMOMENTUM Gradient descent with momentum: v = momentum * v - learningRate * g, then w + v.
%   solver = SgdMomentum(learningRate)               momentum 0.9
%   solver = SgdMomentum(learningRate, momentum)
%
%   weight = solver.Step(name, weight, gradient)
%   solver.learningRate = 0.01    from the next step on
%   solver.Decay(factor)          learningRate times factor
%
%   weight and gradient are of one size, any, both single or both double.
%   Each name has a velocity v of its own, zeros before its first step.

  properties
    learningRate
  end

  properties (SetAccess = private)
    momentum = 0.9;
  end

  properties (Access = private)
    velocities   % name -> v; made in the constructor: a default would be shared by all objects
  end

  methods
    function obj = SgdMomentum(learningRate, momentum)
      obj.learningRate = learningRate;
      if nargin >= 2
        obj.momentum = obj.fraction('a momentum', momentum);
      end
      obj.velocities = containers.Map('KeyType', 'char', 'ValueType', 'any');
    end

    function set.learningRate(obj, value)
      if ~isnumeric(value) || ~isreal(value) || ~isscalar(value) || ~isfinite(value) || value < 0
        error('SgdMomentum:option', 'SgdMomentum: wanted a finite learning rate >= 0');
      end
      obj.learningRate = double(value);
    end

    function Decay(obj, factor)
      if ~isnumeric(factor) || ~isreal(factor) || ~isscalar(factor) || ~isfinite(factor) || factor < 0
        error('SgdMomentum:option', 'SgdMomentum: wanted a finite factor >= 0');
      end
      obj.learningRate = obj.learningRate * double(factor);
    end

    function weight = Step(obj, name, weight, gradient)
      obj.check(name, weight, gradient);
      v = zeros(size(weight), class(weight));
      if isKey(obj.velocities, name)
        v = obj.velocities(name);
        obj.checkKept(v, weight);
      end
      v = obj.momentum * v - obj.learningRate * gradient;
      obj.velocities(name) = v;
      weight = weight + v;
    end
  end

  methods (Access = private)
    function check(~, name, weight, gradient)
      if ~ischar(name) || size(name, 1) ~= 1
        error('SgdMomentum:option', 'SgdMomentum: wanted the name of a weight');
      end
      if ~isfloat(weight) || ~isreal(weight) || issparse(weight)
        error('SgdMomentum:dtype', 'SgdMomentum: wanted a weight real single or double, got %s', class(weight));
      end
      if isempty(weight)
        error('SgdMomentum:shape', 'SgdMomentum: wanted a weight of at least one element, got %s', ...
              mat2str(size(weight)));
      end
      if ~strcmp(class(gradient), class(weight)) || ~isreal(gradient) || issparse(gradient)
        error('SgdMomentum:dtype', 'SgdMomentum: wanted a gradient real %s as its weight, got %s', ...
              class(weight), class(gradient));
      end
      if ~isequal(size(gradient), size(weight))
        error('SgdMomentum:shape', 'SgdMomentum: wanted a gradient %s as its weight, got %s', ...
              mat2str(size(weight)), mat2str(size(gradient)));
      end
    end

    function checkKept(~, kept, weight)
      if ~isequal(size(kept), size(weight))
        error('SgdMomentum:shape', 'SgdMomentum: wanted a weight %s as in the steps before, got %s', ...
              mat2str(size(kept)), mat2str(size(weight)));
      end
      if ~strcmp(class(kept), class(weight))
        error('SgdMomentum:dtype', 'SgdMomentum: wanted a weight of class %s as in the steps before, got %s', ...
              class(kept), class(weight));
      end
    end

    function value = fraction(~, name, value)
      if ~isnumeric(value) || ~isreal(value) || ~isscalar(value) || ~(value >= 0 && value < 1)
        error('SgdMomentum:option', 'SgdMomentum: wanted %s from 0 to below 1', name);
      end
      value = double(value);
    end
  end
end
