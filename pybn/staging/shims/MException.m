function e = MException(identifier, template, varargin)
%MEXCEPTION Stands in for MATLAB's MException(id, msg, ...): a struct as `catch e` gives it, with its fields.

  if nargin < 2
    error('pybn:shim', 'MException: wanted an identifier and a message');
  end
  try
    if isempty(identifier)
      error('pybn:none', template, varargin{:});
    else
      error(identifier, template, varargin{:});
    end
  catch e
    e.identifier = char(identifier);
  end
end
