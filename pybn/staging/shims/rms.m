function y = rms(x, dim)
%RMS Stands in for MATLAB's rms(x), rms(x, dim) and rms(x, 'all'): the root of the mean of |x|^2.

  if nargin > 1 && ischar(dim)
    if ~strcmp(dim, 'all')
      error('pybn:shim', 'rms: pybn has no ''%s'' here', dim);
    end
    [x, dim] = deal(x(:), 1);
  end
  if isreal(x)
    squares = x .* x;
  else
    squares = real(x) .^ 2 + imag(x) .^ 2;
  end
  if nargin < 2
    y = sqrt(mean(squares));
  elseif isscalar(dim)
    y = sqrt(mean(squares, dim));
  else
    error('pybn:shim', 'rms: pybn has several dimensions not here');
  end
end
