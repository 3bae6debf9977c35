function y = nansum(x, varargin)
%NANSUM Stands in for MATLAB's nansum(X, dim): sum with NaN left out; 0 where all are.

  x(isnan(x)) = 0;
  y = sum(x, varargin{:});
end
