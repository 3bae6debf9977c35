function tf = isUnderlyingType(x, name)
%ISUNDERLYINGTYPE Stands in for MATLAB's isUnderlyingType(X, name): whether it is its class.

  tf = strcmp(class(x), name);
end
