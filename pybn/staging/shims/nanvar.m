function y = nanvar(x, varargin)
%NANVAR Stands in for MATLAB's nanvar(X, flag, dim): var with NaN left out.

  y = pybn_over('var', x, varargin{:}, 'omitnan');
end
