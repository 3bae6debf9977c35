classdef Adam < handle
%ADAM Adam: w - learningRate * mhat ./ (sqrt(vhat) + epsilon).
%   solver = Adam(learningRate)                              0.9, 0.999, 1e-8
%   solver = Adam(learningRate, beta1, beta2, epsilon)
%
%   weight = solver.Step(name, weight, gradient)
%   solver.learningRate = 0.01    from the next step on
%   solver.Decay(factor)          learningRate times factor
%
%   weight and gradient are of one size, any, both single or both double.
%   Each name has moments of its own, zeros before its first step, which is t = 1:
%     m = beta1 * m + (1 - beta1) * g       mhat = m / (1 - beta1^t)
%     v = beta2 * v + (1 - beta2) * g.^2    vhat = v / (1 - beta2^t)
%   epsilon stands outside the square root.

  properties
    learningRate
  end

  properties (SetAccess = private)
    beta1 = 0.9;
    beta2 = 0.999;
    epsilon = 1e-8;
  end

  properties (Access = private)
    moments      % name -> struct m, v, t; made in the constructor: a default would be shared by all objects
  end

  methods
    function obj = Adam(learningRate, beta1, beta2, epsilon)
      obj.learningRate = learningRate;
      if nargin >= 2
        obj.beta1 = obj.fraction('beta1', beta1);
      end
      if nargin >= 3
        obj.beta2 = obj.fraction('beta2', beta2);
      end
      if nargin >= 4
        if ~isnumeric(epsilon) || ~isreal(epsilon) || ~isscalar(epsilon) || ~isfinite(epsilon) || epsilon <= 0
          error('Adam:option', 'Adam: wanted a finite epsilon > 0');
        end
        obj.epsilon = double(epsilon);
      end
      obj.moments = containers.Map('KeyType', 'char', 'ValueType', 'any');
    end

    function set.learningRate(obj, value)
      if ~isnumeric(value) || ~isreal(value) || ~isscalar(value) || ~isfinite(value) || value < 0
        error('Adam:option', 'Adam: wanted a finite learning rate >= 0');
      end
      obj.learningRate = double(value);
    end

    function Decay(obj, factor)
      if ~isnumeric(factor) || ~isreal(factor) || ~isscalar(factor) || ~isfinite(factor) || factor < 0
        error('Adam:option', 'Adam: wanted a finite factor >= 0');
      end
      obj.learningRate = obj.learningRate * double(factor);
    end

    function weight = Step(obj, name, weight, gradient)
      obj.check(name, weight, gradient);
      zero = zeros(size(weight), class(weight));
      kept = struct('m', zero, 'v', zero, 't', 0);
      if isKey(obj.moments, name)
        kept = obj.moments(name);
        obj.checkKept(kept.m, weight);
      end
      t = kept.t + 1;
      m = obj.beta1 * kept.m + (1 - obj.beta1) * gradient;
      v = obj.beta2 * kept.v + (1 - obj.beta2) * (gradient .* gradient);
      obj.moments(name) = struct('m', m, 'v', v, 't', t);
      mhat = m / (1 - obj.beta1 ^ t);
      vhat = v / (1 - obj.beta2 ^ t);
      weight = weight - obj.learningRate * mhat ./ (sqrt(vhat) + obj.epsilon);
    end
  end

  methods (Access = private)
    function check(~, name, weight, gradient)
      if ~ischar(name) || size(name, 1) ~= 1
        error('Adam:option', 'Adam: wanted the name of a weight');
      end
      if ~isfloat(weight) || ~isreal(weight) || issparse(weight)
        error('Adam:dtype', 'Adam: wanted a weight real single or double, got %s', class(weight));
      end
      if isempty(weight)
        error('Adam:shape', 'Adam: wanted a weight of at least one element, got %s', ...
              mat2str(size(weight)));
      end
      if ~strcmp(class(gradient), class(weight)) || ~isreal(gradient) || issparse(gradient)
        error('Adam:dtype', 'Adam: wanted a gradient real %s as its weight, got %s', ...
              class(weight), class(gradient));
      end
      if ~isequal(size(gradient), size(weight))
        error('Adam:shape', 'Adam: wanted a gradient %s as its weight, got %s', ...
              mat2str(size(weight)), mat2str(size(gradient)));
      end
    end

    function checkKept(~, kept, weight)
      if ~isequal(size(kept), size(weight))
        error('Adam:shape', 'Adam: wanted a weight %s as in the steps before, got %s', ...
              mat2str(size(kept)), mat2str(size(weight)));
      end
      if ~strcmp(class(kept), class(weight))
        error('Adam:dtype', 'Adam: wanted a weight of class %s as in the steps before, got %s', ...
              class(kept), class(weight));
      end
    end

    function value = fraction(~, name, value)
      if ~isnumeric(value) || ~isreal(value) || ~isscalar(value) || ~(value >= 0 && value < 1)
        error('Adam:option', 'Adam: wanted %s from 0 to below 1', name);
      end
      value = double(value);
    end
  end
end
