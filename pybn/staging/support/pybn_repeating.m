function varargout = pybn_repeating(given, count)
%PYBN_REPEATING The arguments of an arguments block that repeats, each as a row of cells: every count-th of those given.

  if mod(numel(given), count) ~= 0
    error('MATLAB:minrhs', 'wanted arguments in groups of %d, got %d', count, numel(given));
  end
  varargout = cell(1, count);
  for k = 1:count
    varargout{k} = reshape(given(k:count:end), 1, []);
  end
end
