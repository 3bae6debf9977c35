function allowpcode(varargin)
%ALLOWPCODE Stands in for MATLAB Coder's coder.allowpcode, which does nothing where code is not generated.
