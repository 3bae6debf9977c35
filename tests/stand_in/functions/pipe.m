function varargout = pipe(varargin)
%PIPE Nothing of that name is in MATLAB.
  error('MATLAB:UndefinedFunction', 'Undefined function ''pipe''.');
end
