function text = pad(text, width, varargin)
%PAD Stands in for MATLAB's pad(text, width, side, character) of char: right unless 'left' or 'both' is given.

  side = 'right';
  mark = ' ';
  for k = 1:numel(varargin)
    if any(strcmpi(varargin{k}, {'both', 'left', 'right'}))
      side = lower(varargin{k});
    elseif ischar(varargin{k}) && numel(varargin{k}) == 1
      mark = varargin{k};
    else
      error('pybn:shim', 'pad: pybn knows a side and a character');
    end
  end
  if ~ischar(text) || nargin < 2
    error('pybn:shim', 'pad: pybn takes one text and a width');
  end
  missing = max(0, width - numel(text));
  left = 0;
  if strcmp(side, 'left')
    left = missing;
  elseif strcmp(side, 'both')
    left = floor(missing / 2);
  end
  text = [repmat(mark, 1, left), text, repmat(mark, 1, missing - left)];
end
