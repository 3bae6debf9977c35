function varargout = matlabpath(varargin)
%MATLABPATH As path.
  [varargout{1:nargout}] = path(varargin{:});
end
