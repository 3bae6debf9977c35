function tf = allfinite(x)
%ALLFINITE Stands in for MATLAB's allfinite(A).

  tf = all(isfinite(x(:)));
end
