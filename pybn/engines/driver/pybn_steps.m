function reply = pybn_steps(spec, data, progress)
%PYBN_STEPS Construct, perform the steps of a case, capture the outputs. All names arrive as data; none becomes code.
%   The reply says ok, or the number of the step that failed (0: the construction) with the error's
%   identifier, message and place. The number of the step that runs stands in the file `progress`.

  reply = pybn_reply('');
  vars = data.inputs;
  fixed = data.constants;
  object = [];
  step = 0;
  try
    if strcmp(spec.kind, 'class')
      args = evaluate_all(spec.new, vars, fixed);
      object = pybn_call(spec.name, args{:});
    end
    for step = 1:numel(spec.steps)
      note(progress, step);
      vars.self = object;  % for steps that hand it over
      [vars, object] = perform(spec.steps{step}, vars, fixed, object);
      reply.outputs = taken(reply.outputs, spec.steps{step}, vars, spec);
    end
    reply.ok = true;
  catch problem
    reply.failed = step;
    reply.identifier = problem.identifier;
    reply.message = problem.message;
    reply.place = place(problem);
  end
end

function note(progress, step)
  fid = fopen(progress, 'w');
  fprintf(fid, '%d', step);
  fclose(fid);
end

function [vars, object] = perform(step, vars, fixed, object)
%PERFORM Do one step. Its path begins at a variable, at the object, or names a function that the case declares.
  switch step.kind
    case 'get'
      found = walk(start(step, vars, object), step.path);
      if ~isempty(step.mark)
        found = element(found, step.mark, evaluate_all(step.index, vars, fixed));
      end
      vars.(step.target) = found;

    case 'set'
      changed = start(step, vars, object);
      value = evaluate(step.value, vars, fixed);
      if ~isempty(step.mark)
        value = put(walk(changed, step.path), step.mark, evaluate_all(step.index, vars, fixed), value);
      end
      if isempty(step.mark) || ~isa(value, 'handle')  % which has changed in place
        changed = assign(changed, step.path, value);
      end
      if isempty(step.root)
        object = changed;
      else
        vars.(step.root) = changed;
      end

    case 'call'
      args = evaluate_all(step.args, vars, fixed);
      answers = cell(1, numel(step.targets));
      if ~isempty(step.function)
        answers = called(step.function, args, answers);
      elseif isempty(step.path)
        answers = called_value(vars.(step.root), args, answers);
      elseif isempty(step.root) && numel(step.path) == 1 && is_variable(step.path{1}, vars, object)
        answers = called_value(vars.(step.path{1}), args, answers);
      else
        owner = walk(start(step, vars, object), step.path(1:end-1));
        answers = called_of(owner, step.path{end}, args, answers);
      end
      [vars, object] = bind(step.targets, answers, vars, object);
  end
end

function outputs = taken(outputs, step, vars, spec)
%TAKEN Add what a step has bound to the outputs, as it is now.
  names = {};
  switch step.kind
    case 'get'
      names = {step.target};
    case 'call'
      for k = 1:numel(step.targets)
        names = [names, step.targets{k}.names];
      end
  end
  for k = 1:numel(names)
    if any(strcmp(names{k}, spec.open))
      outputs.(names{k}) = pybn_open(vars.(names{k}));
    elseif any(strcmp(names{k}, spec.outputs))
      outputs.(names{k}) = frozen(vars.(names{k}));
    end
  end
end

function value = frozen(value)
%FROZEN Copy the maps in a value: they are handles, and a later step may change them.
  switch class(value)
    case 'containers.Map'
      map = value;
      value = containers.Map('KeyType', map.KeyType, 'ValueType', 'any');
      names = keys(map);
      for k = 1:numel(names)
        value(names{k}) = frozen(map(names{k}));
      end
    case 'cell'
      for k = reshape(find(has_parts(value)), 1, [])
        value{k} = frozen(value{k});
      end
    case 'struct'
      inner = struct2cell(value);
      if any(reshape(has_parts(inner), 1, []))
        value = reshape(cell2struct(frozen(inner), fieldnames(value), 1), size(value));
      end
  end
end

function found = has_parts(items)
%HAS_PARTS Tell which items of a cell may have a map in them.
  found = cellfun('isclass', items, 'containers.Map') | cellfun('isclass', items, 'cell') | ...
          cellfun('isclass', items, 'struct');
end

function answers = called(value, args, answers)
%CALLED Call what a case names.
  if isempty(answers)
    pybn_call(value, args{:});
  else
    [answers{:}] = pybn_call(value, args{:});
  end
end

function answers = called_value(value, args, answers)
%CALLED_VALUE Call a handle that a step before has made, or take an element of any other value.
  if isa(value, 'function_handle')
    answers = called(value, args, answers);
  elseif isempty(answers)
    value(args{:});
  else
    [answers{:}] = value(args{:});
  end
end

function answers = called_of(owner, name, args, answers)
%CALLED_OF Call a method, or take an element of a property, one too that its class keeps to itself.
  try
    if isempty(answers)
      owner.(name)(args{:});
    else
      [answers{:}] = owner.(name)(args{:});
    end
  catch problem
    if ~is_kept(problem)
      rethrow(problem);
    end
    all = bare(owner);
    if ~isfield(all, name)
      rethrow(problem);
    end
    answers = called_value(all.(name), args, answers);
  end
end

function found = is_variable(name, vars, object)
%IS_VARIABLE Tell whether a name is a variable's, and nothing of the object goes by it.
  found = isfield(vars, name) && ~ismethod(object, name) && ~any(strcmp(name, properties(object)));
end

function value = element(value, mark, keys)
  if mark == '{'
    value = value{keys{:}};
  else
    value = value(keys{:});
  end
end

function value = put(value, mark, keys, new)
  if mark == '{'
    value{keys{:}} = new;
  else
    value(keys{:}) = new;
  end
end

function value = start(step, vars, object)
  value = object;
  if ~isempty(step.root)
    value = vars.(step.root);
  end
end

function value = walk(value, path)
  for k = 1:numel(path)
    value = member(value, path{k});
  end
end

function part = member(value, name)
%MEMBER Return a field or a property, one too that its class keeps to itself: a case may look at it.
  try
    part = value.(name);
  catch problem
    if ~is_kept(problem)
      rethrow(problem);
    end
    all = bare(value);
    part = all.(name);
  end
end

function found = is_kept(problem)
%IS_KEPT Tell whether an error is that a property is private or protected.
  found = strcmp(problem.identifier, 'MATLAB:class:GetProhibited') || ...
          ~isempty(regexp(problem.message, 'has (private|protected) access and cannot be obtained', 'once'));
end

function fields = bare(object)
%BARE Return all properties of an object. Octave and MATLAB warn, each in its own name, that this is not what it is for.
  before = [warning('off', 'Octave:classdef-to-struct'), warning('off', 'MATLAB:structOnObject')];
  fields = struct(object);
  warning(before);
end

function object = assign(object, path, value)
%ASSIGN Set what a path leads to, and return the whole.
  if isempty(path)
    object = value;
    return
  end
  if numel(path) > 1
    value = assign(member(object, path{1}), path(2:end), value);
    if isa(value, 'handle')  % has changed in place, and the property may be one that we may not set
      return
    end
  end
  object.(path{1}) = value;
end

function [vars, object] = bind(targets, answers, vars, object)
  for k = 1:numel(targets)
    target = targets{k};
    if isempty(target.fields) && any(strcmp(target.names, 'self'))
      % A method of a value class returns the new object.
      object = answers{k};
      continue
    end
    for m = 1:numel(target.names)
      if isempty(target.fields)
        vars.(target.names{m}) = answers{k};
      else
        vars.(target.names{m}) = answers{k}.(target.fields{m});
      end
    end
  end
end

function values = evaluate_all(nodes, vars, fixed)
  values = cell(1, numel(nodes));
  for k = 1:numel(nodes)
    values{k} = evaluate(nodes{k}, vars, fixed);
  end
end

function value = evaluate(node, vars, fixed)
%EVALUATE Return an argument: a constant, a variable, a list or a struct of those.
  switch node.kind
    case 'constant'
      value = fixed{node.number};
    case 'variable'
      value = vars.(node.name);
    case 'handle'
      value = pybn_handle(node.name);
    case 'list'
      value = evaluate_all(node.items, vars, fixed);
      if all(cellfun(@(v) isnumeric(v) && isscalar(v), value))
        value = [value{:}];
      end
    case 'struct'
      value = struct();
      for k = 1:numel(node.names)
        value.(node.names{k}) = evaluate(node.values{k}, vars, fixed);
      end
  end
end

function text = place(problem)
%PLACE Say where in the case's own code the error arose; a case can leave anything for a stack.
  text = '';
  try
    innermost = problem.stack(1);
    [~, stem] = fileparts(innermost.file);
    if ~strncmp(innermost.name, 'pybn_', 5) && ~strncmp(stem, 'pybn_', 5)
      text = sprintf('%s, line %d', innermost.name, innermost.line);
    end
  catch
  end
end
