function mustBeInRange(x, low, high, varargin)
%MUSTBEINRANGE Stands in for MATLAB's mustBeInRange(value, lower, upper, flags): exclusive, exclude-lower ...

  above = x >= low;
  below = x <= high;
  for k = 1:numel(varargin)
    if any(strcmp(varargin{k}, {'exclusive', 'exclude-lower'}))
      above = x > low;
    end
    if any(strcmp(varargin{k}, {'exclusive', 'exclude-upper'}))
      below = x < high;
    end
  end
  if ~all(above(:) & below(:))
    error('MATLAB:validators:mustBeInRange', 'Value must be in range.');
  end
end
