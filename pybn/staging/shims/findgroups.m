function [g, names] = findgroups(values)
%FINDGROUPS Stands in for MATLAB's findgroups(A) of one vector or column of cells: the number of each one's group.

  if ~isvector(values)
    error('pybn:shim', 'findgroups: pybn takes one vector');
  end
  [names, ~, g] = unique(values);
  g = reshape(g, size(values));
  if isfloat(values)
    g(isnan(values)) = NaN;
    names(isnan(names)) = [];
  end
end
