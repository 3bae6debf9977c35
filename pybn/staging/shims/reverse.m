function text = reverse(text)
%REVERSE Stands in for MATLAB's reverse(text) of char and cells of char.

  if iscell(text)
    text = cellfun(@fliplr, text, 'UniformOutput', false);
  else
    text = fliplr(text);
  end
end
