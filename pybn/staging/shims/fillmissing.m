function x = fillmissing(x, method, value)
%FILLMISSING Stands in for MATLAB's fillmissing(A, method) of floats, by columns: constant, previous, next, linear.

  if ~isfloat(x) || ndims(x) > 2
    error('pybn:shim', 'fillmissing: pybn takes vectors and matrices of floats');
  end
  turned = isrow(x);
  if turned
    x = x.';
  end
  for c = 1:size(x, 2)
    gone = isnan(x(:, c));
    known = find(~gone);
    switch method
      case 'constant'
        x(gone, c) = value(min(c, end));
      case 'previous'
        for k = find(gone).'
          before = known(known < k);
          if ~isempty(before)
            x(k, c) = x(before(end), c);
          end
        end
      case 'next'
        for k = find(gone).'
          later = known(known > k);
          if ~isempty(later)
            x(k, c) = x(later(1), c);
          end
        end
      case 'linear'
        if numel(known) > 1
          x(gone, c) = interp1(known, x(known, c), find(gone), 'linear', 'extrap');
        end
      otherwise
        error('pybn:shim', 'fillmissing: pybn has no method ''%s''', method);
    end
  end
  if turned
    x = x.';
  end
end
