function n = width(x)
%WIDTH Stands in for MATLAB's width(X): size(X, 2).

  n = size(x, 2);
end
