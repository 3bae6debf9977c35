function tf = existsOnGPU(x)
%EXISTSONGPU Stands in for MATLAB's existsOnGPU: no array does.

  tf = false;
end
