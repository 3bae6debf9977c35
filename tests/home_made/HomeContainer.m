classdef HomeContainer < handle
%HOMECONTAINER Layer objects in the order in which they run.

  properties (Access = private)
    cells = {};
  end

  methods
    function Push(obj, layer)
      obj.cells{end + 1} = layer;
    end

    function list = All(obj)
      list = obj.cells;
    end
  end
end
