function told = pybn_options(pairs, names)
%PYBN_OPTIONS The struct of name-value arguments that an arguments block declares: what was given, by its full name.

  told = struct();
  k = 1;
  while k <= numel(pairs)
    if isstruct(pairs{k}) && isscalar(pairs{k})
      fields = fieldnames(pairs{k});
      values = struct2cell(pairs{k});
      k = k + 1;
    else
      if k == numel(pairs) || ~ischar(pairs{k})
        error('MATLAB:TooManyInputs', 'wanted a name and a value of: %s', strjoin(names, ', '));
      end
      fields = pairs(k);
      values = pairs(k + 1);
      k = k + 2;
    end
    for m = 1:numel(fields)
      match = names(strcmpi(fields{m}, names));
      if isempty(match)
        match = names(strncmpi(fields{m}, names, numel(fields{m})));
      end
      if numel(match) ~= 1
        error('MATLAB:TooManyInputs', '%s names no option; there are: %s', fields{m}, strjoin(names, ', '));
      end
      told.(match{1}) = values{m};
    end
  end
end
