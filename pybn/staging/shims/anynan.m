function tf = anynan(x)
%ANYNAN Stands in for MATLAB's anynan(A).

  tf = any(isnan(x(:)));
end
