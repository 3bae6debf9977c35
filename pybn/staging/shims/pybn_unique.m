function [c, i, j] = pybn_unique(x, varargin)
%PYBN_UNIQUE unique(x, ..., 'stable') with its third output, which Octave leaves empty.

  [~, i, j] = unique(x, varargin{~strcmpi(varargin, 'stable')});
  [i, order] = sort(i(:));
  rank = zeros(numel(order), 1);
  rank(order) = 1:numel(order);
  j = rank(j(:));
  if any(strcmpi(varargin, 'rows'))
    c = x(i, :);
  elseif isrow(x)
    c = x(i);
    c = c(:).';
  else
    c = x(i);
    c = c(:);
  end
end
