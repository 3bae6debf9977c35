function y = im2col(x, block, kind)
%IM2COL Stands in for MATLAB's im2col(A, [m n], 'sliding' or 'distinct'): blocks of a matrix as columns.

  if nargin < 3
    kind = 'sliding';
  end
  m = block(1);
  n = block(2);
  switch kind
    case 'sliding'
      rows = size(x, 1) - m + 1;
      columns = size(x, 2) - n + 1;
      if rows < 1 || columns < 1
        y = zeros(m * n, 0, class(x));
        return
      end
      offset = bsxfun(@plus, (0:m - 1).', (0:n - 1) * size(x, 1));
      first = bsxfun(@plus, (1:rows).', (0:columns - 1) * size(x, 1));
      y = reshape(x(bsxfun(@plus, offset(:), first(:).')), m * n, rows * columns);
    case 'distinct'
      rows = ceil(size(x, 1) / m);
      columns = ceil(size(x, 2) / n);
      full = zeros(rows * m, columns * n, class(x));
      full(1:size(x, 1), 1:size(x, 2)) = x;
      y = reshape(permute(reshape(full, m, rows, n, columns), [1, 3, 2, 4]), m * n, rows * columns);
    otherwise
      error('pybn:shim', 'im2col: pybn knows sliding and distinct, not ''%s''', kind);
  end
end
