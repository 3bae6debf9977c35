function parts = extractBetween(text, first, last)
%EXTRACTBETWEEN Stands in for MATLAB's extractBetween(text, start, end) of char: a column of cells, or by positions one.

  if ~ischar(text) || ischar(first) ~= ischar(last)
    error('pybn:shim', 'extractBetween: pybn takes one text, and two texts or two positions');
  end
  if ~ischar(first)
    parts = {text(first:last)};
    return
  end
  parts = cell(0, 1);
  at = 1;
  while true
    start = strfind(text(at:end), first);
    if isempty(start)
      return
    end
    start = at + start(1) - 1 + numel(first);
    stop = strfind(text(start:end), last);
    if isempty(stop)
      return
    end
    parts{end + 1, 1} = text(start:start + stop(1) - 2);
    at = start + stop(1) - 1 + numel(last);
  end
end
