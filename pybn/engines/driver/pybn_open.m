function value = pybn_open(value, depth)
%PYBN_OPEN Make structs of the objects in a value, of what of them anybody may read: it can be an answer then.
%   A containers.Map becomes a struct of what it holds, by key. What refers back to itself, or to very much, stays an
%   object below the eighth object or after 2000 of them; so does what has no public property.

  persistent opened
  if nargin < 2
    depth = 0;
    opened = 0;
  end
  if iscell(value)
    for k = 1:numel(value)
      value{k} = pybn_open(value{k}, depth);
    end
  elseif isstruct(value)
    names = fieldnames(value);
    for k = 1:numel(value)
      for m = 1:numel(names)
        value(k).(names{m}) = pybn_open(value(k).(names{m}), depth);
      end
    end
  elseif isobject(value) && ~isa(value, 'string') && ~isnumeric(value) && ~islogical(value)
    opened = opened + 1;
    if depth < 8 && opened < 2000
      value = inside(value, depth + 1);
    end
  end
end

function found = inside(object, depth)
  found = struct();
  if isa(object, 'containers.Map')
    names = object.keys();
    values = object.values();
    if isnumeric([names{:}])
      names = cellfun(@(key) sprintf('%.17g', key), names, 'UniformOutput', false);
    end
  else
    names = properties(object);
    values = cellfun(@(name) read(object, name), names, 'UniformOutput', false);
    if isempty(names)
      found = object;
    end
  end
  for k = 1:numel(names)
    found.(names{k}) = pybn_open(values{k}, depth);
  end
end

function value = read(object, name)
  try
    value = object.(name);
  catch problem
    error('pybn:open', 'the property %s of %s cannot be read: %s', name, class(object), problem.message);
  end
end
