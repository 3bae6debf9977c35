function throwAsCaller(e)
%THROWASCALLER Stands in for MATLAB's throwAsCaller(ME): raises it; the stack is not cut.

  error(struct('message', e.message, 'identifier', e.identifier));
end
