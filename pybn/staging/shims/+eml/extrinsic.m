function extrinsic(varargin)
%EXTRINSIC Stands in for the older name of coder.extrinsic, which does nothing where code is not generated.
