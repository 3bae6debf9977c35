function y = pagectranspose(x)
%PAGECTRANSPOSE Stands in for MATLAB's pagectranspose(X): permute(conj(X), [2 1 3 ...]).

  y = conj(permute(x, [2, 1, 3:ndims(x)]));
end
