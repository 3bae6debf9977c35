function name = underlyingType(x)
%UNDERLYINGTYPE Stands in for MATLAB's underlyingType(X): its class.

  name = class(x);
end
