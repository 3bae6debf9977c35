function varargout = nanmax(varargin)
%NANMAX Stands in for MATLAB's nanmax: max, which leaves NaN out by itself.

  [varargout{1:max(nargout, 1)}] = max(varargin{:});
end
