function r = corr2(a, b)
%CORR2 Stands in for MATLAB's corr2(A, B): the correlation of two matrices of one size.

  if ~isequal(size(a), size(b))
    error('pybn:shim', 'corr2: wanted two matrices of one size');
  end
  a = double(a) - mean2(a);
  b = double(b) - mean2(b);
  r = sum(sum(a .* b)) / sqrt(sum(sum(a .* a)) * sum(sum(b .* b)));
end
