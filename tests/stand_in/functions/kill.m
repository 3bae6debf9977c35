function varargout = kill(varargin)
%KILL Nothing of that name is in MATLAB.
  error('MATLAB:UndefinedFunction', 'Undefined function ''kill''.');
end
