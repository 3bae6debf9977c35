function n = gpuDeviceCount(varargin)
%GPUDEVICECOUNT Stands in for MATLAB's gpuDeviceCount: none.

  n = 0;
end
