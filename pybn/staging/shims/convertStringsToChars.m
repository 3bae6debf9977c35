function varargout = convertStringsToChars(varargin)
%CONVERTSTRINGSTOCHARS Stands in for MATLAB's convertStringsToChars: Octave has no strings, so all stays as it is.

  varargout = varargin;
end
