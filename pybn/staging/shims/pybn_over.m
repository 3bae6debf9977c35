function varargout = pybn_over(name, x, varargin)
%PYBN_OVER A reduction with options that Octave lacks: 'all', several dimensions, 'omitnan', 'includenan'.
%   pybn_over('sum', x, 'all') is sum(x(:)), and over several dimensions it is that of each slice, its elements in the
%   order in which they lie. For sum, prod, mean, median, mode, std, var, max, min, any, all, range.

  [given, over, nan] = split_options(name, x, varargin);
  if any(strcmp(name, {'max', 'min'})) && nan == 2
    error('pybn:shim', '%s: pybn has no ''includenan'' here', name);
  end
  if isempty(over)
    over = first_dimension(x);
  end
  if nargout > 1 && numel(over) > 1 && ~any(strcmp(name, {'max', 'min'}))
    error('pybn:shim', '%s: pybn gives one output over several dimensions', name);
  end
  [x, kept] = gathered(x, over);
  if nan == 1
    x = cellfun(@(v) v(~isnan(v)), num2cell(x, 1), 'UniformOutput', false);
    sliced = cellfun(@(v) one(name, v, given), x, 'UniformOutput', false);
    varargout{1} = reshape(cat(1, sliced{:}), kept);
    if nargout > 1
      error('pybn:shim', '%s: pybn gives no second output with ''omitnan''', name);
    end
    return
  end
  [varargout{1:max(nargout, 1)}] = feval(name, x, given{:}, 1);
  varargout = cellfun(@(v) reshape(v, kept), varargout, 'UniformOutput', false);
end

function y = one(name, v, given)
  empty = struct('sum', 0, 'prod', 1, 'any', false, 'all', true);
  if ~isempty(v)
    y = feval(name, v, given{:}, 1);
  elseif isfield(empty, name)
    y = cast(empty.(name), class(feval(name, v(:))));
  else
    y = cast(NaN, class(v));
  end
end

function [x, kept] = gathered(x, over)
  % The dimensions to reduce become the first one; the others follow.
  count = max([ndims(x), over]);
  full = ones(1, count);
  full(1:ndims(x)) = size(x);
  rest = setdiff(1:count, over);
  kept = full;
  kept(over) = 1;
  x = reshape(permute(x, [sort(over), rest]), prod(full(over)), prod(full(rest)));
end

function d = first_dimension(x)
  d = find(size(x) ~= 1, 1);
  if isempty(d)
    d = 1;
  end
end

function [given, over, nan] = split_options(name, x, options)
  % given: what stands between x and the dimension; nan: 1 omit, 2 include where that is not what Octave does.
  nan = 0;
  over = [];
  while ~isempty(options) && ischar(options{end})
    switch options{end}
      case 'all'
        over = 1:ndims(x);
      case {'omitnan', 'omitmissing'}
        nan = 1;
      case {'includenan', 'includemissing'}
        nan = 2;
      otherwise
        error('pybn:shim', '%s: pybn does not know the option ''%s'' here', name, options{end});
    end
    options(end) = [];
  end
  switch name
    case {'max', 'min'}
      takes = 1;
      given = {[]};
      if nan == 1
        nan = 0;  % Octave leaves NaN out by itself
      end
      if ~isempty(options) && ~isempty(options{1})
        error('pybn:shim', '%s: pybn compares two arrays without options only', name);
      end
    case {'std', 'var'}
      takes = 1;
      given = {0};
      if ~isempty(options) && ~isempty(options{1})
        given = options(1);
      end
      if ~isscalar(given{1})
        error('pybn:shim', '%s: pybn has no weights here', name);
      end
    otherwise
      takes = 0;
      given = {};
  end
  options(1:min(takes, numel(options))) = [];
  if numel(options) > 1 || (~isempty(options) && ~isempty(over))
    error('pybn:shim', '%s: pybn does not know these arguments', name);
  elseif ~isempty(options)
    over = options{1}(:).';
  end
end
