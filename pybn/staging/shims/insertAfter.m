function text = insertAfter(text, at, new)
%INSERTAFTER Stands in for MATLAB's insertAfter(text, position or pattern, new) of char.

  if ischar(at)
    text = strrep(text, at, [at, new]);
  else
    text = [text(1:at), new, text(at + 1:end)];
  end
end
