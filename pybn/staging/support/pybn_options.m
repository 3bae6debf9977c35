function [told, given] = pybn_options(pairs, names, count)
%PYBN_OPTIONS The struct of name-value arguments that an arguments block declares: what was given, by its full name.
%   At most `count` of them come first without a name: those are given. They end where a name of an option stands.

  given = {};
  while numel(given) < min(count, numel(pairs))
    next = pairs{numel(given) + 1};
    if ischar(next) && mod(numel(pairs) - numel(given), 2) == 0 && isscalar(matching(next, names))
      break
    end
    given{end + 1} = next;
  end
  told = struct();
  k = numel(given) + 1;
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
      match = matching(fields{m}, names);
      if numel(match) ~= 1
        error('MATLAB:TooManyInputs', '%s names no option; there are: %s', fields{m}, strjoin(names, ', '));
      end
      told.(match{1}) = values{m};
    end
  end
end

function match = matching(name, names)
  match = names(strcmpi(name, names));
  if isempty(match) && ~isempty(name)
    match = names(strncmpi(name, names, numel(name)));
  end
end
