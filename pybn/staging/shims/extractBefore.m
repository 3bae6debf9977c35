function text = extractBefore(text, at)
%EXTRACTBEFORE Stands in for MATLAB's extractBefore(text, position or pattern) of char.

  if ~ischar(text)
    error('pybn:shim', 'extractBefore: pybn takes one text');
  end
  if ischar(at)
    at = strfind(text, at);
    at = at(1:min(1, end));
  end
  if isempty(at)
    text = '';
  else
    text = text(1:at - 1);
  end
end
