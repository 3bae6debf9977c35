function y = std2(x)
%STD2 Stands in for MATLAB's std2(A): std(A(:)), in double for integers and logicals.

  if ~isfloat(x)
    x = double(x);
  end
  y = std(x(:));
end
