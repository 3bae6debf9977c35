function mustBeVector(x, varargin)
%MUSTBEVECTOR Stands in for MATLAB's mustBeVector(value, 'allows-all-empties').

  if ~isvector(x) && ~(isempty(x) && ~isempty(varargin))
    error('MATLAB:validators:mustBeVector', 'Value must be a vector.');
  end
end
