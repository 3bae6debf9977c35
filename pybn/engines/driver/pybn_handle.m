function value = pybn_handle(name)
%PYBN_HANDLE Return a handle to a function of the case: not, as in a file of several functions, to one of the driver.

  value = str2func(name);
end
