classdef (HandleCompatible) CustomDisplay
%CUSTOMDISPLAY Stands in for MATLAB's matlab.mixin.CustomDisplay as a base class. How objects are shown is Octave's.
end
