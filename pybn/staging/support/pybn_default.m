function x = pybn_default(dims, kind)
%PYBN_DEFAULT What MATLAB gives a property that is declared with a size and a class, and without a default.

  if isempty(dims)
    dims = [0, 0];
  end
  dims(isnan(dims)) = 0;
  switch kind
    case {'', 'double'}
      x = zeros(dims);
    case {'single', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64'}
      x = zeros(dims, kind);
    case 'logical'
      x = false(dims);
    case 'char'
      x = repmat(char(0), dims);
    case 'string'
      x = '';
    case 'cell'
      x = cell(dims);
    case 'struct'
      x = repmat(struct(), dims);
    otherwise
      x = [];
      if all(dims == 1)
        x = feval(kind);
      end
  end
end
