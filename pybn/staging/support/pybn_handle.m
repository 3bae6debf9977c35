function h = pybn_handle(h)
%PYBN_HANDLE What a method returned, and is to be changed: a handle, or an error.

  if ~isa(h, 'handle')
    error('pybn:refused', 'an assignment to what a method returned, of class %s: only a handle keeps it', class(h));
  end
end
