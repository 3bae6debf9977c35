classdef Copyable < handle
%COPYABLE Stands in for MATLAB's matlab.mixin.Copyable: copy(obj) gives another object with the same property values.
%   MATLAB runs no constructor for that. Here the class's constructor is called, without arguments, then every property
%   is set; where one cannot be, copy says so.

  methods
    function other = copy(obj)
      other = copyElement(obj);
    end
  end

  methods (Access = public)
    function other = copyElement(obj)
      try
        other = feval(class(obj));
      catch e
        error('pybn:shim', 'copy: pybn has to construct a %s without arguments: %s', class(obj), e.message);
      end
      told = metaclass(obj);
      before = warning('off', 'all');
      undo = onCleanup(@() warning(before));
      values = struct(obj);
      for k = 1:numel(told.PropertyList)
        p = told.PropertyList{k};
        if p.Constant || p.Dependent
          continue
        end
        try
          other.(p.Name) = values.(p.Name);
        catch e
          error('pybn:shim', 'copy: pybn cannot set %s.%s: %s', class(obj), p.Name, e.message);
        end
      end
    end
  end
end
