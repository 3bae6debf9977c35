function pool = gcp(varargin)
%GCP Stands in for MATLAB's gcp: there is no pool of workers; parfor runs as for.

  pool = [];
end
