function y = downsample(x, n, phase)
%DOWNSAMPLE Stands in for MATLAB's downsample(x, n, phase): every n-th sample, down the columns.

  if nargin < 3
    phase = 0;
  end
  if isrow(x)
    y = x(1 + phase:n:end);
  else
    y = x(1 + phase:n:end, :);
  end
end
