function y = mean2(x)
%MEAN2 Stands in for MATLAB's mean2(A): sum(A(:)) / numel(A), in double for integers and logicals.

  if ~isfloat(x)
    x = double(x);
  end
  y = sum(x(:)) / numel(x);
end
