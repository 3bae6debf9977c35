function x = col2im(y, block, whole, kind)
%COL2IM Stands in for MATLAB's col2im(B, [m n], [M N], 'sliding' or 'distinct'): columns as a matrix again.

  if nargin < 4
    kind = 'sliding';
  end
  m = block(1);
  n = block(2);
  switch kind
    case 'sliding'
      x = reshape(y, whole(1) - m + 1, whole(2) - n + 1);
    case 'distinct'
      rows = ceil(whole(1) / m);
      columns = ceil(whole(2) / n);
      x = reshape(permute(reshape(y, m, n, rows, columns), [1, 3, 2, 4]), rows * m, columns * n);
      x = x(1:whole(1), 1:whole(2));
    otherwise
      error('pybn:shim', 'col2im: pybn knows sliding and distinct, not ''%s''', kind);
  end
end
