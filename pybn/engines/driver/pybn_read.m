function value = pybn_read(file)
%PYBN_READ Read one value from a file that holds it bit for bit (see wire.py for the format).

  fid = fopen(file, 'r', 'ieee-le');
  if fid < 0
    error('pybn:read', 'cannot open %s', file);
  end
  value = get_value(fid);
  fclose(fid);
end

function value = get_value(fid)
  classes = {'double', 'single', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64'};
  head = get_numbers(fid, 3, 'double', [3 1]);
  dims = get_numbers(fid, head(3), 'double', [1 head(3)]);
  count = prod(dims);
  switch head(1)
    case num2cell(1:10)
      name = classes{head(1)};
      value = get_numbers(fid, count, name, dims);
      if head(2)
        value = complex(value, get_numbers(fid, count, name, dims));
      end
    case 11
      value = logical(get_numbers(fid, count, 'uint8', dims));
    case 12
      value = char(get_numbers(fid, count, 'uint8', dims));
    case 16
      value = char(get_numbers(fid, count, 'uint16', dims));
    case 13
      value = cell(dims);
      for k = 1:count
        value{k} = get_value(fid);
      end
    case 14
      value = get_structs(fid, count, dims);
    case 17
      value = get_map(fid);
    otherwise
      error('pybn:read', 'unknown class code %g', head(1));
  end
end

function value = get_structs(fid, count, dims)
  names = cell(1, get_numbers(fid, 1, 'double', [1 1]));
  for k = 1:numel(names)
    size_of = get_numbers(fid, 1, 'double', [1 1]);
    names{k} = char(get_numbers(fid, size_of, 'uint8', [1 size_of]));
  end
  value = struct();
  for k = 1:numel(names)
    value.(names{k}) = [];
  end
  value = repmat(value, dims);
  for k = 1:count
    for m = 1:numel(names)
      value(k).(names{m}) = get_value(fid);
    end
  end
end

function value = get_map(fid)
  value = containers.Map('KeyType', get_value(fid), 'ValueType', 'any');
  names = get_value(fid);
  items = get_value(fid);
  for k = 1:numel(names)
    value(names{k}) = items{k};
  end
end

function x = get_numbers(fid, count, name, dims)
%GET_NUMBERS Return so many numbers of a class. Where there are none, fread would choose the class.
  if count == 0
    x = zeros(dims, name);
  else
    x = reshape(fread(fid, count, [name '=>' name]), dims);
  end
end
