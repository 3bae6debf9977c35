function y = imfilter(x, h, varargin)
%IMFILTER Stands in for MATLAB's imfilter(A, h, ...) of a matrix, or of each page of A, with a two-dimensional h.
%   Padding: a number, 'replicate', 'symmetric', 'circular'; 'same' or 'full'; 'corr', or 'conv' where h has odd sizes.
%   Computed in double, then rounded and saturated to A's class.

  pad = 0;
  shape = 'same';
  turned = false;
  for k = 1:numel(varargin)
    if isnumeric(varargin{k})
      pad = varargin{k};
      continue
    end
    switch varargin{k}
      case {'same', 'full'}
        shape = varargin{k};
      case {'corr', 'conv'}
        turned = strcmp(varargin{k}, 'conv');
      case {'replicate', 'symmetric', 'circular'}
        pad = varargin{k};
      otherwise
        error('pybn:shim', 'imfilter: pybn does not know the option ''%s''', varargin{k});
    end
  end
  if ndims(h) > 2 || (turned && any(mod(size(h), 2) == 0))
    error('pybn:shim', 'imfilter: pybn wants a kernel of two dimensions, of odd sizes for ''conv''');
  end
  h = double(h);
  if turned
    h = rot90(h, 2);
  end
  around = size(h) - 1;
  before = floor(around / 2);
  after = around - before;
  if strcmp(shape, 'full')
    before = around;
    after = around;
  end
  wide = padarray(padarray(double(x), before, pad, 'pre'), after, pad, 'post');
  if ischar(pad)  % both ends at once, so that the second does not see what the first added
    wide = ends(double(x), before, after, pad);
  end
  full = size(wide);
  y = zeros([full(1:2) - around, full(3:end)]);
  for k = 1:prod(full(3:end))
    y(:, :, k) = conv2(wide(:, :, k), rot90(h, 2), 'valid');
  end
  if islogical(x)
    y = y > 0.5;
  else
    y = cast(y, class(x));
  end
end

function wide = ends(x, before, after, how)
  most = max(before, after);
  wide = padarray(x, most, how);
  rows = (1 + most(1) - before(1)):(most(1) + size(x, 1) + after(1));
  columns = (1 + most(2) - before(2)):(most(2) + size(x, 2) + after(2));
  wide = wide(rows, columns, :);
  full = size(x);
  wide = reshape(wide, [numel(rows), numel(columns), full(3:end)]);
end
