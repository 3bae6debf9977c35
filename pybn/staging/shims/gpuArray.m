function x = gpuArray(x)
%GPUARRAY Stands in for MATLAB's gpuArray(x): the array itself, which is computed with on the processor.
