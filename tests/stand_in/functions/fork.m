function varargout = fork(varargin)
%FORK Nothing of that name is in MATLAB.
  error('MATLAB:UndefinedFunction', 'Undefined function ''fork''.');
end
