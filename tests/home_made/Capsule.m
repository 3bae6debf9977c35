classdef Capsule < handle
%CAPSULE A layer that nobody else has.

  properties (SetAccess = private)
    name
    inputLayer
    routing = 3;
    squash = @(v) v ./ (1 + abs(v));
  end

  properties (Access = private)
    table = reshape(1:100, 10, 10);
    words = 'dynamic';
  end

  methods
    function obj = Capsule(name, inputLayer)
      obj.name = name;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, ~, ~)
      y = obj.squash(x);
    end
  end
end
