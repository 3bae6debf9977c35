function pybn_write(file, value, unit)
%PYBN_WRITE Write a value to a file bit for bit (see wire.py for the format), elements of text as `unit`s.

  fid = fopen(file, 'w', 'ieee-le');
  if fid < 0
    error('pybn:write', 'cannot open %s', file);
  end
  put_value(fid, value, unit);
  if fclose(fid) ~= 0
    error('pybn:write', 'cannot write %s', file);
  end
end

function put_value(fid, value, unit)
  classes = {'double', 'single', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', ...
             'logical', 'char', 'cell', 'struct'};
  code = find(strcmp(class(value), classes));
  if strcmp(class(value), 'containers.Map')
    put_head(fid, 17, false, size(value));
    put_value(fid, value.KeyType, unit);
    put_value(fid, keys(value), unit);
    put_value(fid, values(value), unit);
    return
  end
  if isempty(code)
    [value, code] = plain(value, classes);
  end
  switch code
    case num2cell(1:10)
      put_numbers(fid, code, value, classes{code});
    case 11
      put_head(fid, code, false, size(value));
      fwrite(fid, full_of(value), 'uint8');
    case 12
      put_head(fid, code + 4 * strcmp(unit, 'uint16'), false, size(value));
      fwrite(fid, feval(unit, value), unit);
    case 13
      put_head(fid, code, false, size(value));
      for k = 1:numel(value)
        put_value(fid, value{k}, unit);
      end
    case 14
      put_structs(fid, value, unit);
    otherwise
      put_head(fid, 15, false, [1 numel(class(value))]);
      fwrite(fid, class(value), 'uint8');
  end
end

function [value, code] = plain(value, classes)
%PLAIN Return what a string of MATLAB is as char, and an enumeration of numbers as those; 0 for any other object.
  code = 0;
  if isa(value, 'string')
    value = cellstr(value);
    code = 13;
    if isscalar(value)
      value = value{1};
      code = 12;
    end
  elseif isobject(value) && (isnumeric(value) || islogical(value))
    for k = 1:11
      if isa(value, classes{k})
        value = feval(classes{k}, value);
        code = k;
        return
      end
    end
  end
end

function put_numbers(fid, code, value, name)
  put_head(fid, code, ~isreal(value), size(value));
  value = full_of(value);
  fwrite(fid, real(value), name);
  if ~isreal(value)
    fwrite(fid, imag(value), name);
  end
end

function value = full_of(value)
%FULL_OF Return the elements of a matrix that is sparse, or of a form that only Octave has: diagonal, a range.
  value = value(:);
  if issparse(value)
    value = full(value);
  end
end

function put_structs(fid, value, unit)
  names = fieldnames(value);
  put_head(fid, 14, false, size(value));
  fwrite(fid, numel(names), 'double');
  for m = 1:numel(names)
    fwrite(fid, numel(names{m}), 'double');
    fwrite(fid, uint8(names{m}), 'uint8');
  end
  for k = 1:numel(value)
    for m = 1:numel(names)
      put_value(fid, value(k).(names{m}), unit);
    end
  end
end

function put_head(fid, code, is_complex, dims)
  fwrite(fid, [code, is_complex, numel(dims), dims], 'double');
end
