function x = nullcopy(x)
%NULLCOPY Stands in for MATLAB Coder's coder.nullcopy: the value itself.
