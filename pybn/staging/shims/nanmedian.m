function y = nanmedian(x, varargin)
%NANMEDIAN Stands in for MATLAB's nanmedian(X, dim): median with NaN left out.

  y = pybn_over('median', x, varargin{:}, 'omitnan');
end
