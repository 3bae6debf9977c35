function x = unroll(x, varargin)
%UNROLL Stands in for MATLAB Coder's coder.unroll: the value itself.

  if nargin == 0
    x = [];
  end
end
