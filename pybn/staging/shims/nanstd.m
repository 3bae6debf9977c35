function y = nanstd(x, varargin)
%NANSTD Stands in for MATLAB's nanstd(X, flag, dim): std with NaN left out.

  y = pybn_over('std', x, varargin{:}, 'omitnan');
end
