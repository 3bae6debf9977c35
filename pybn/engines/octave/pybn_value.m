function value = pybn_value(node, vars, fixed)
%PYBN_VALUE Evaluate an argument: a constant, a variable, a list or a struct of those.

  switch node.kind
    case 'constant'
      value = fixed{node.number};
    case 'variable'
      value = vars.(node.name);
    case 'list'
      value = cellfun(@(n) pybn_value(n, vars, fixed), node.items, 'UniformOutput', false);
      if ~isempty(value) && all(cellfun(@(v) isnumeric(v) && isscalar(v), value))
        value = [value{:}];
      end
    case 'struct'
      value = struct();
      for k = 1:numel(node.names)
        value.(node.names{k}) = pybn_value(node.values{k}, vars, fixed);
      end
  end
end
