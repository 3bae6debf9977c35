classdef (HandleCompatible) Heterogeneous
%HETEROGENEOUS Stands in for MATLAB's matlab.mixin.Heterogeneous as a base class. Arrays of objects Octave has not.
end
