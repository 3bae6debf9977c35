function [members, names] = enumeration(class_name)
%ENUMERATION Stands in for MATLAB's enumeration(class) of a class that was staged: its members, and their names.
%   Members that are objects cannot be put into one array in Octave: of those, the names can be asked for alone.

  if ~ischar(class_name)
    class_name = class(class_name);
  end
  told = meta.class.fromName(class_name);
  if isempty(told)
    error('pybn:shim', 'enumeration: there is no class %s', class_name);
  end
  constants = told.PropertyList(cellfun(@(p) p.Constant, told.PropertyList));
  static = told.MethodList(cellfun(@(m) m.Static, told.MethodList));
  if ~isempty(constants)
    names = in_order(class_name, constants, '\s*=');
    values = cellfun(@(name) subsref(feval(class_name), struct('type', '.', 'subs', name)), names, ...
                     'UniformOutput', false);
    members = vertcat(values{:});
  else
    names = in_order(class_name, static, '\(\)');
    members = [];
    if nargout == 1 || (nargout > 1 && isargout(1))
      error('pybn:shim', 'enumeration: Octave has no arrays of objects, and members of %s are objects', class_name);
    end
  end
  if nargout == 0
    printf('%s\n', names{:});
  end
end

function names = in_order(class_name, told, after)
  % What is told of a class is sorted by name; the file has its members in their order.
  names = cellfun(@(each) each.Name, told(:), 'UniformOutput', false);
  text = fileread(which(class_name));
  first = cellfun(@(name) [regexp(text, ['(?<![A-Za-z0-9_])', name, after], 'once'), Inf](1), names);
  names = names(isfinite(first));
  [~, order] = sort(first(isfinite(first)));
  names = names(order);
end
