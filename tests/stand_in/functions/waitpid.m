function varargout = waitpid(varargin)
%WAITPID Nothing of that name is in MATLAB.
  error('MATLAB:UndefinedFunction', 'Undefined function ''waitpid''.');
end
