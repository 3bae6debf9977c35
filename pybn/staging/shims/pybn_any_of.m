function tf = pybn_any_of(text, pattern, options, found)
%PYBN_ANY_OF Tell of each text whether one of the patterns is found in it: what contains and its like share.

  fold = false;
  if ~isempty(options)
    if numel(options) ~= 2 || ~strcmpi(options{1}, 'IgnoreCase')
      error('pybn:shim', 'pybn knows the option IgnoreCase here');
    end
    fold = options{2};
  end
  if ischar(text)
    text = {text};
  end
  if ischar(pattern)
    pattern = {pattern};
  end
  if ~iscellstr(text) || ~iscellstr(pattern)
    error('pybn:shim', 'pybn wants text as char or cells of char here');
  end
  if fold
    text = lower(text);
    pattern = lower(pattern);
  end
  tf = cellfun(@(s) any(cellfun(@(p) found(s, p), pattern(:))), text);
end
