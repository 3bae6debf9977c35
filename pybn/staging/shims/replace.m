function text = replace(text, old, new)
%REPLACE Stands in for MATLAB's replace(text, old, new) of char and cells of char, with one old text.

  if ~ischar(old) || ~ischar(new)
    error('pybn:shim', 'replace: pybn replaces one text by another');
  end
  text = strrep(text, old, new);
end
