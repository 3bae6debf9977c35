function y = upsample(x, n, phase)
%UPSAMPLE Stands in for MATLAB's upsample(x, n, phase): n - 1 zeros after each sample, down the columns.

  if nargin < 3
    phase = 0;
  end
  turned = isrow(x);
  if turned
    x = x.';
  end
  y = zeros(size(x, 1) * n, size(x, 2), class(x));
  y(1 + phase:n:end, :) = x;
  if turned
    y = y.';
  end
end
