function names = pybn_lacks()
%PYBN_LACKS Tell which of the functions named in the environment this Octave does not have, separated by commas.

  all = strsplit(getenv('PYBN_STAND_INS'), ',');
  names = strjoin(all(~cellfun(@(name) any(exist(name) == [2 3 5 103]), all)), ',');
end
