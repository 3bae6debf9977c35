function n = height(x)
%HEIGHT Stands in for MATLAB's height(X): size(X, 1).

  n = size(x, 1);
end
