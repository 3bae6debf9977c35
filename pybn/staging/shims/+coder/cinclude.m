function cinclude(varargin)
%CINCLUDE Stands in for MATLAB Coder's coder.cinclude, which does nothing where code is not generated.
