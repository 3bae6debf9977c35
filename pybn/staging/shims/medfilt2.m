function y = medfilt2(x, window, pad)
%MEDFILT2 Stands in for MATLAB's medfilt2(A, [m n], 'zeros' or 'symmetric'): the median around each element.

  if nargin < 2
    window = [3, 3];
  end
  if nargin < 3
    pad = 'zeros';
  end
  before = floor((window - 1) / 2);
  after = window - 1 - before;
  switch pad
    case 'zeros'
      how = 0;
    case 'symmetric'
      how = 'symmetric';
    otherwise
      error('pybn:shim', 'medfilt2: pybn has no padding ''%s''', pad);
  end
  wide = padarray(padarray(x, before, how, 'pre'), after, how, 'post');
  sorted = sort(im2col(wide, window), 1);
  n = size(sorted, 1);
  if mod(n, 2)
    y = sorted((n + 1) / 2, :);
  else
    y = cast((double(sorted(n / 2, :)) + double(sorted(n / 2 + 1, :))) / 2, class(x));
  end
  y = reshape(y, size(x));
end
