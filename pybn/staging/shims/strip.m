function text = strip(text, varargin)
%STRIP Stands in for MATLAB's strip(text, side, character) of char and cells of char.

  side = 'both';
  mark = '';
  for k = 1:numel(varargin)
    if any(strcmpi(varargin{k}, {'both', 'left', 'right'}))
      side = lower(varargin{k});
    elseif ischar(varargin{k}) && numel(varargin{k}) == 1
      mark = varargin{k};
    else
      error('pybn:shim', 'strip: pybn knows a side and a character');
    end
  end
  if iscell(text)
    text = cellfun(@(s) cut(s, side, mark), text, 'UniformOutput', false);
  else
    text = cut(text, side, mark);
  end
end

function s = cut(s, side, mark)
  if isempty(mark)
    keep = ~isspace(s);
  else
    keep = s ~= mark;
  end
  first = find(keep, 1);
  last = find(keep, 1, 'last');
  if isempty(first)
    s = s(1:0);
    return
  end
  if strcmp(side, 'right')
    first = 1;
  elseif strcmp(side, 'left')
    last = numel(s);
  end
  s = s(first:last);
end
