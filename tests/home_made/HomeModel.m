classdef HomeModel < handle
%HOMEMODEL A model as people write them: a container of layer objects, and maps of parameters by their names.

  properties (Access = protected)
    m_layers
    weightsMap
    BiasMap
    gradWeightsMap
    regEffect = 0;
  end

  methods
    function obj = HomeModel(container, weights, biases)
      obj.m_layers = container;
      obj.weightsMap = weights;
      obj.BiasMap = biases;
      obj.gradWeightsMap = containers.Map('KeyType', 'char', 'ValueType', 'any');
    end

    function y = Predict(obj, x)
      list = obj.m_layers.All();
      y = x;
      for k = 2:numel(list)
        name = list{k}.name;
        y = list{k}.ForwardPropagation(y, obj.weightsMap(name), obj.BiasMap(name));
      end
    end
  end
end
