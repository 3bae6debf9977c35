function varargout = pybn_call(callee, varargin)
%PYBN_CALL Call what a case names, or a handle. Only here, where no other function stands in the same file: feval would
%   take one of the driver's for the case's own of that name.

  try
    [varargout{1:nargout}] = feval(callee, varargin{:});
  catch problem
    % feval may not find by its name a static method, a constant, a member of an enumeration.
    if ~ischar(callee) || ~any(callee == '.')
      rethrow(problem);
    end
    unknown = strcmp(problem.message, sprintf('feval: function ''%s'' not found', callee));  % so says Octave
    if ~unknown && nargin == 1 && nargout == 1
      [found, value] = pybn_constant(callee);
      if found
        varargout = {value};
        return
      end
    end
    if ~unknown && ~(strcmp(problem.identifier, 'MATLAB:UndefinedFunction') && ~isempty(strfind(problem.message, callee)))
      rethrow(problem);
    end
    callee = str2func(callee);
    [varargout{1:nargout}] = callee(varargin{:});
  end
end
