function tf = canUseGPU()
%CANUSEGPU Stands in for MATLAB's canUseGPU: no.

  tf = false;
end
