function throw(e)
%THROW Stands in for MATLAB's throw(ME): raises an error that was caught, or made by MException.

  error(struct('message', e.message, 'identifier', e.identifier));
end
