function n = count(text, pattern)
%COUNT Stands in for MATLAB's count(text, pattern) of char and cells of char: how often one text is in another.

  if ~ischar(pattern) || isempty(pattern)
    error('pybn:shim', 'count: pybn counts one text');
  end
  if ischar(text)
    text = {text};
  end
  n = cellfun(@(s) numel(strfind(s, pattern, 'overlaps', false)), text);
end
