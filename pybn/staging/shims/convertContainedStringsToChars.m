function varargout = convertContainedStringsToChars(varargin)
%CONVERTCONTAINEDSTRINGSTOCHARS Stands in for MATLAB's function of that name: all stays as it is.

  varargout = varargin;
end
