function text = extractAfter(text, at)
%EXTRACTAFTER Stands in for MATLAB's extractAfter(text, position or pattern) of char.

  if ~ischar(text)
    error('pybn:shim', 'extractAfter: pybn takes one text');
  end
  if ischar(at)
    found = strfind(text, at);
    if isempty(found)
      text = '';
      return
    end
    at = found(1) + numel(at) - 1;
  end
  text = text(at + 1:end);
end
