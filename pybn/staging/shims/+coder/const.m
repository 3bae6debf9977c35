function varargout = const(varargin)
%CONST Stands in for MATLAB Coder's coder.const: the value itself, or that of the function that is called.

  if isa(varargin{1}, 'function_handle')
    [varargout{1:max(nargout, 1)}] = feval(varargin{:});
  else
    varargout = varargin;
  end
end
