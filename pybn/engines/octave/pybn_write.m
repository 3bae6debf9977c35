function pybn_write(base, value)
%PYBN_WRITE Write an answer to NNNNNN.out bit for bit (see wire.py for the format), whole or not at all.

  fid = fopen([base '.tmp'], 'w', 'ieee-le');
  if fid < 0
    error('pybn:write', 'cannot open %s.tmp', base);
  end
  put_value(fid, value);
  if fclose(fid) ~= 0
    error('pybn:write', 'cannot write %s.tmp', base);
  end
  rename([base '.tmp'], [base '.out']);
end

function put_value(fid, value)
  classes = {'double', 'single', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', ...
             'logical', 'char', 'cell', 'struct'};
  code = find(strcmp(class(value), classes));
  if isempty(code)
    put_head(fid, 15, false, [1 numel(class(value))]);
    fwrite(fid, class(value), 'uint8');
    return
  end
  if code <= 2 || code == 11
    value = full(value);  % sparse, diagonal and permutation matrices, ranges
  end
  put_head(fid, code, code <= 10 && iscomplex(value), size(value));
  switch code
    case num2cell(1:10)
      fwrite(fid, real(value), classes{code});
      if iscomplex(value)
        fwrite(fid, imag(value), classes{code});
      end
    case {11, 12}
      fwrite(fid, value, 'uint8');
    case 13
      for k = 1:numel(value)
        put_value(fid, value{k});
      end
    case 14
      names = fieldnames(value);
      fwrite(fid, numel(names), 'double');
      for m = 1:numel(names)
        fwrite(fid, numel(names{m}), 'double');
        fwrite(fid, names{m}, 'uint8');
      end
      for k = 1:numel(value)
        for m = 1:numel(names)
          put_value(fid, value(k).(names{m}));
        end
      end
  end
end

function put_head(fid, code, is_complex, dims)
  fwrite(fid, [code, is_complex, numel(dims), dims], 'double');
end
