function tf = isgpuarray(x)
%ISGPUARRAY Stands in for MATLAB's isgpuarray: no array is one.

  tf = false;
end
