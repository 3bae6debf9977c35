function varargout = popen(varargin)
%POPEN Nothing of that name is in MATLAB.
  error('MATLAB:UndefinedFunction', 'Undefined function ''popen''.');
end
