function n = strlength(text)
%STRLENGTH Stands in for MATLAB's strlength(text) of char and cells of char: how many characters each has.

  if ischar(text)
    n = size(text, 2);
  else
    n = cellfun(@numel, text);
  end
end
