function varargout = popen2(varargin)
%POPEN2 Nothing of that name is in MATLAB.
  error('MATLAB:UndefinedFunction', 'Undefined function ''popen2''.');
end
