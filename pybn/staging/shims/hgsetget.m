classdef hgsetget < matlab.mixin.SetGet
%HGSETGET Stands in for MATLAB's hgsetget, the older name of matlab.mixin.SetGet.
end
