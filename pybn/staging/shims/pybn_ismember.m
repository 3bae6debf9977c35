function [tf, place] = pybn_ismember(a, s, varargin)
%PYBN_ISMEMBER ismember, with the lowest of the places of an element that is there several times, as MATLAB has it.

  [tf, place] = ismember(a, s, varargin{:});
  if any(strcmpi(varargin, 'rows'))
    [~, first, which] = unique(s, 'rows');
  elseif ischar(s) && ischar(a) && ~isempty(s)
    [~, first, which] = unique(double(s(:)));
  elseif iscell(s) || isnumeric(s) || islogical(s)
    [~, first, which] = unique(s(:));
  else
    return
  end
  if any(tf(:))
    lowest = first(which);
    place(tf) = lowest(place(tf));
  end
end
