classdef pybn_parser < inputParser
%PYBN_PARSER An inputParser that takes optional arguments by name too, as MATLAB's does: f(x, 'tol', 1e-3).
%   Text that is the name of an argument ends those that go by position, and so does text where an optional argument
%   has no function that checks it, or one that does not take it. A function that checks may return nothing.

  methods

    function parse(this, varargin)
      [optional, parameter] = deal(this.Optional, this.Parameter);
      first = by_position(this, varargin);
      for k = first:numel(optional)  % for this once, these are parameters
        this.Parameter.(optional{k}.name) = struct('def', {optional{k}.def}, 'val', optional{k}.val);
      end
      this.Optional = optional(1:first - 1);
      for k = 1:first - 1
        this.Optional{k}.val = this.def_val;  % it is checked
      end
      unwind_protect
        parse@inputParser(this, varargin{:});
      unwind_protect_cleanup
        [this.Optional, this.Parameter] = deal(optional, parameter);
      end_unwind_protect
    end

  end

  methods (Access = private)

    function k = by_position(this, given)
      % The first optional argument that is not given by its position.
      for k = 1:numel(this.Optional)
        at = numel(this.Required) + k;
        if at > numel(given) || is_name(this, given, at)
          return
        end
        check = this.Optional{k}.val;
        value = given{at};
        unchecked = strcmp(func2str(check), func2str(this.def_val));
        if ischar(value) && unchecked
          return
        elseif ~passes(check, value)
          if ischar(value) || (this.StructExpand && isstruct(value) && isscalar(value))
            return
          end
          error('pybn:shim', 'failed validation of %s, which has to satisfy %s', ...
                this.Optional{k}.name, func2str(check));
        end
      end
      k = numel(this.Optional) + 1;
    end

    function tf = is_name(this, given, at)
      % Whether an argument is the name of a switch, or of an argument whose value follows.
      names = [cellfun(@(each) each.name, this.Optional, 'UniformOutput', false), fieldnames(this.Parameter)'];
      tf = ischar(given{at}) && isrow(given{at}) && ...
        (any(same(this, fieldnames(this.Switch), given{at})) || ...
         (at < numel(given) && any(same(this, names, given{at}))));
    end

    function tf = same(this, names, name)
      if this.CaseSensitive
        tf = strcmp(names, name);
      else
        tf = strcmpi(names, name);
      end
    end

  end

end

function tf = passes(check, value)
  tf = false;
  try
    tf = all(logical(check(value))(:));
  catch
    try  % one that returns nothing takes all that it lets pass
      check(value);
      tf = true;
    end
  end
end
