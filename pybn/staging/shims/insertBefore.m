function text = insertBefore(text, at, new)
%INSERTBEFORE Stands in for MATLAB's insertBefore(text, position or pattern, new) of char.

  if ischar(at)
    text = strrep(text, at, [new, at]);
  else
    text = [text(1:at - 1), new, text(at:end)];
  end
end
