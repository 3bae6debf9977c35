function y = pagetranspose(x)
%PAGETRANSPOSE Stands in for MATLAB's pagetranspose(X): permute(X, [2 1 3 ...]).

  y = permute(x, [2, 1, 3:ndims(x)]);
end
