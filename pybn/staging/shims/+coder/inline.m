function inline(varargin)
%INLINE Stands in for MATLAB Coder's coder.inline, which does nothing where code is not generated.
