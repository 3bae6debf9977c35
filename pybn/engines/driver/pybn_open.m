function value = pybn_open(value, depth)
%PYBN_OPEN Make structs of the objects in a value, of what of them anybody may read: it can be an answer then.
%   A containers.Map becomes one of what it holds, which no later step can change. What refers back to itself, or to very much, stays an
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
  elseif isa(value, 'containers.Map')
    value = inside_map(value, depth + 1);
  elseif isobject(value) && ~isa(value, 'string') && ~isnumeric(value) && ~islogical(value)
    opened = opened + 1;
    if depth < 8 && opened < 2000
      value = inside(value, depth + 1);
    end
  end
end

function found = inside(object, depth)
  names = properties(object);
  found = struct();
  if isempty(names)
    found = object;
  end
  for k = 1:numel(names)
    found.(names{k}) = pybn_open(read(object, names{k}), depth);
  end
end

function found = inside_map(map, depth)
  if depth > 8
    error('pybn:open', 'a containers.Map holds itself, or lies more than eight deep in others');
  end
  found = containers.Map('KeyType', map.KeyType, 'ValueType', 'any');
  names = keys(map);
  for k = 1:numel(names)
    found(names{k}) = pybn_open(map(names{k}), depth);
  end
end

function value = read(object, name)
  try
    value = object.(name);
  catch problem
    error('pybn:open', 'the property %s of %s cannot be read: %s', name, class(object), problem.message);
  end
end
