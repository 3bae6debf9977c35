function tf = isStringScalar(x)
%ISSTRINGSCALAR Stands in for MATLAB's isStringScalar: Octave has no strings, so nothing is one.

  tf = false;
end
