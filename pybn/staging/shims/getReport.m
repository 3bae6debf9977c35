function text = getReport(e, varargin)
%GETREPORT Stands in for MATLAB's getReport(ME): 'Error: ' would be MATLAB's own words; here it is the message alone.

  if ~isempty(varargin) && ~strcmp(varargin{1}, 'basic') && ~strcmp(varargin{1}, 'extended')
    error('pybn:shim', 'getReport: pybn knows the types basic and extended');
  end
  text = e.message;
end
