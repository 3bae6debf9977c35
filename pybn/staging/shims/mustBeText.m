function mustBeText(x)
%MUSTBETEXT Stands in for MATLAB's mustBeText(value): char, or cells of char.

  if ~(ischar(x) && (isrow(x) || isempty(x))) && ~iscellstr(x)
    error('MATLAB:validators:mustBeText', 'Value must be text.');
  end
end
