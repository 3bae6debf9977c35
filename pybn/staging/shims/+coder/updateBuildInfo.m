function updateBuildInfo(varargin)
%UPDATEBUILDINFO Stands in for MATLAB Coder's coder.updateBuildInfo, which does nothing where code is not generated.
