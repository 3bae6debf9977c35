function tf = ismissing(x)
%ISMISSING Stands in for MATLAB's ismissing(A): NaN of floats, ' ' of char, '' of cells of char.

  if isfloat(x)
    tf = isnan(x);
  elseif ischar(x)
    tf = x == ' ';
  elseif iscellstr(x)
    tf = cellfun(@isempty, x);
  elseif isnumeric(x) || islogical(x)
    tf = false(size(x));
  else
    error('pybn:shim', 'ismissing: pybn takes numbers, char and cells of char');
  end
end
