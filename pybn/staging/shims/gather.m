function varargout = gather(varargin)
%GATHER Stands in for MATLAB's gather: arrays lie in memory as they are.

  varargout = varargin;
end
