function text = join(parts, mark)
%JOIN Stands in for MATLAB's join(cells, delimiter) of a row or column of char: a cell with the joined text.

  if nargin < 2
    mark = ' ';
  end
  if ~iscellstr(parts) || ~isvector(parts) || ~ischar(mark)
    error('pybn:shim', 'join: pybn joins a row or column of char by one delimiter');
  end
  parts = parts(:).';
  parts(2, :) = {mark};
  parts{2, end} = '';
  text = {[parts{:}]};
end
