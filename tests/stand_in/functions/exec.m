function varargout = exec(varargin)
%EXEC Nothing of that name is in MATLAB.
  error('MATLAB:UndefinedFunction', 'Undefined function ''exec''.');
end
