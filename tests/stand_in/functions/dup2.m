function varargout = dup2(varargin)
%DUP2 Nothing of that name is in MATLAB.
  error('MATLAB:UndefinedFunction', 'Undefined function ''dup2''.');
end
