function n = matlabpool(varargin)
%MATLABPOOL Stands in for MATLAB's matlabpool: starts nothing, and no worker is there.

  n = 0;
end
