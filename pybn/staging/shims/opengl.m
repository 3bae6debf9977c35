function varargout = opengl(varargin)
%OPENGL Stands in for MATLAB's opengl, which chooses how to draw: nothing is drawn.

  varargout = cell(1, nargout);
end
