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
  head = fread(fid, 3, 'double=>double');
  dims = fread(fid, head(3), 'double=>double')';
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
      value = reshape(char(fread(fid, count, 'uint8=>uint8')), dims);
    case 13
      value = cell(dims);
      for k = 1:count
        value{k} = get_value(fid);
      end
    case 14
      names = cell(1, fread(fid, 1, 'double=>double'));
      for k = 1:numel(names)
        names{k} = char(fread(fid, fread(fid, 1, 'double=>double'), 'uint8=>uint8')');
      end
      value = repmat(cell2struct(cell(numel(names), 1), names(:), 1), dims);
      for k = 1:count
        for m = 1:numel(names)
          value(k).(names{m}) = get_value(fid);
        end
      end
    otherwise
      error('pybn:read', 'unknown class code %g', head(1));
  end
end

function x = get_numbers(fid, count, name, dims)
  x = reshape(fread(fid, count, [name '=>' name]), dims);
end
