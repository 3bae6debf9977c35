function varsize(varargin)
%VARSIZE Stands in for MATLAB Coder's coder.varsize, which does nothing where code is not generated.
