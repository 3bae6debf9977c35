function parts = split(text, mark)
%SPLIT Stands in for MATLAB's split(text, delimiter) of char: a column of cells.

  if nargin < 2
    parts = strsplit(text, {' ', "\f", "\n", "\r", "\t", "\v"}, 'CollapseDelimiters', false).';
  else
    if ~ischar(text)
      error('pybn:shim', 'split: pybn splits one text');
    end
    marks = mark;
    if ischar(marks)
      marks = {marks};
    end
    parts = ostr(text, marks);
  end
end

function parts = ostr(text, marks)
  % strsplit would take the delimiters for escapes.
  parts = regexp(text, strjoin(regexptranslate('escape', marks), '|'), 'split').';
end
