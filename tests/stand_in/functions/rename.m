function varargout = rename(varargin)
%RENAME Nothing of that name is in MATLAB.
  error('MATLAB:UndefinedFunction', 'Undefined function ''rename''.');
end
