function varargout = nanmin(varargin)
%NANMIN Stands in for MATLAB's nanmin: min, which leaves NaN out by itself.

  [varargout{1:max(nargout, 1)}] = min(varargin{:});
end
