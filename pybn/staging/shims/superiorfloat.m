function name = superiorfloat(varargin)
%SUPERIORFLOAT Stands in for MATLAB's superiorfloat: 'single' if an argument is single, else 'double'.

  if ~all(cellfun(@isfloat, varargin))
    error('MATLAB:datatypes:superiorfloat', 'Inputs must be floats.');
  end
  name = 'double';
  if any(cellfun(@(x) isa(x, 'single'), varargin))
    name = 'single';
  end
end
