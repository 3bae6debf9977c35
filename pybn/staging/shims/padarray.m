function y = padarray(x, padsize, varargin)
%PADARRAY Stands in for MATLAB's padarray(A, padsize, value or method, direction), all methods and directions.
%   Methods: a number, 'circular', 'replicate', 'symmetric'; directions: 'both', 'pre', 'post'.

  method = 0;
  direction = 'both';
  for k = 1:numel(varargin)
    if ischar(varargin{k}) && any(strcmp(varargin{k}, {'both', 'pre', 'post'}))
      direction = varargin{k};
    elseif ischar(varargin{k}) && ~any(strcmp(varargin{k}, {'circular', 'replicate', 'symmetric'}))
      error('pybn:shim', 'padarray: pybn does not know ''%s''', varargin{k});
    else
      method = varargin{k};
    end
  end
  count = max(ndims(x), numel(padsize));
  padsize(end + 1:count) = 0;
  index = cell(1, count);
  inside = cell(1, count);
  for d = 1:count
    n = size(x, d);
    pre = padsize(d) * ~strcmp(direction, 'post');
    post = padsize(d) * ~strcmp(direction, 'pre');
    at = (1 - pre):(n + post);
    inside{d} = pre + (1:n);
    switch method
      case 'circular'
        at = mod(at - 1, n) + 1;
      case 'replicate'
        at = min(max(at, 1), n);
      case 'symmetric'
        at = mod(at - 1, 2 * n) + 1;
        at(at > n) = 2 * n + 1 - at(at > n);
    end
    index{d} = at;
  end
  if ischar(method)
    y = x(index{:});
  else
    y = repmat(cast(method, class(x)), cellfun(@numel, index));
    y(inside{:}) = x;
  end
end
