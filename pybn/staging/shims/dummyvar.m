function y = dummyvar(group)
%DUMMYVAR Stands in for MATLAB's dummyvar(group) of a vector of whole numbers: a column for each of 1 to the largest.

  if ~isvector(group) || any(group < 1 | group ~= fix(group))
    error('pybn:shim', 'dummyvar: pybn takes a vector of whole numbers from 1');
  end
  y = double(group(:) == 1:max(group));
end
