function pool = parpool(varargin)
%PARPOOL Stands in for MATLAB's parpool: starts nothing; parfor runs as for.

  pool = [];
end
