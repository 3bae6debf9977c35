classdef SetGet < handle
%SETGET Stands in for MATLAB's matlab.mixin.SetGet: set(obj, name, value, ...) and get(obj, name), names in full.

  methods
    function varargout = set(obj, varargin)
      if mod(numel(varargin), 2) ~= 0 || isempty(varargin)
        error('pybn:shim', 'set: pybn wants names and values');
      end
      for k = 1:2:numel(varargin)
        obj.(varargin{k}) = varargin{k + 1};
      end
    end

    function value = get(obj, name)
      if nargin < 2
        error('pybn:shim', 'get: pybn wants the name of a property');
      end
      value = obj.(name);
    end
  end
end
