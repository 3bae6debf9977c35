function extrinsic(varargin)
%EXTRINSIC Stands in for MATLAB Coder's coder.extrinsic, which does nothing where code is not generated.
