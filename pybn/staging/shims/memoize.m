function f = memoize(f)
%MEMOIZE Stands in for MATLAB's memoize(f): the function itself, which remembers nothing.
