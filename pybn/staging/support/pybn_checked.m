function x = pybn_checked(x, name, dims, kind)
%PYBN_CHECKED What MATLAB does to a value that is declared as `name (dims) kind`: convert it, or refuse it.
%   A NaN in dims is a colon. A scalar fills the size, a vector is turned; a number becomes one of the class.

  numeric = {'double', 'single', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'logical'};
  if ~isempty(kind) && ~isa(x, kind)
    if any(strcmp(kind, numeric)) && (isnumeric(x) || islogical(x) || ischar(x))
      x = feval(kind, x);
    elseif strcmp(kind, 'char') && isnumeric(x)
      x = char(x);
    else
      error('MATLAB:validation:UnableToConvert', '%s: wanted a value of class %s, got one of class %s', name, kind, ...
            class(x));
    end
  end
  if ~isempty(dims)
    x = fitted(x, name, dims);
  end
end

function x = fitted(x, name, dims)
  if fits(size(x), dims)
    return
  end
  if isscalar(x) && ~any(isnan(dims))
    x = repmat(x, dims);
  elseif numel(dims) == 2 && ndims(x) == 2 && any(size(x) == 1) && fits(fliplr(size(x)), dims)
    x = reshape(x, fliplr(size(x)));
  else
    error('MATLAB:validation:IncompatibleSize', '%s: wanted size (%s), got (%s)', name, ...
          strrep(strjoin(arrayfun(@num2str, dims, 'UniformOutput', false), ','), 'NaN', ':'), ...
          strjoin(arrayfun(@num2str, size(x), 'UniformOutput', false), ','));
  end
end

function t = fits(have, dims)
  count = max(numel(have), numel(dims));
  have = [have, ones(1, count - numel(have))];
  dims = [dims, ones(1, count - numel(dims))];
  t = all(isnan(dims) | have == dims);
end
