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
      object = feval(spec.name, args{:});
    end
    for step = 1:numel(spec.steps)
      note(progress, step);
      [vars, object] = perform(spec.steps{step}, vars, fixed, object);
    end
    for k = 1:numel(spec.outputs)
      name = spec.outputs{k};
      if isfield(vars, name)
        reply.outputs.(name) = vars.(name);
        if any(strcmp(name, spec.open))
          reply.outputs.(name) = pybn_open(vars.(name));
        end
      end
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
      vars.(step.target) = walk(start(step, vars, object), step.path);

    case 'set'
      changed = assign(start(step, vars, object), step.path, evaluate(step.value, vars, fixed));
      if isempty(step.root)
        object = changed;
      else
        vars.(step.root) = changed;
      end

    case 'call'
      args = evaluate_all(step.args, vars, fixed);
      answers = cell(1, numel(step.targets));
      if ~isempty(step.function)
        answers = call(step.function, args, answers);
      elseif isempty(step.path)
        answers = call(vars.(step.root), args, answers);  % a handle that a step before has made
      else
        owner = walk(start(step, vars, object), step.path(1:end-1));
        name = step.path{end};
        if isempty(answers)
          owner.(name)(args{:});
        else
          [answers{:}] = owner.(name)(args{:});
        end
      end
      [vars, object] = bind(step.targets, answers, vars, object);
  end
end

function value = start(step, vars, object)
  value = object;
  if ~isempty(step.root)
    value = vars.(step.root);
  end
end

function answers = call(callee, args, answers)
%CALL Call a function by its name or by a handle.
  try
    if isempty(answers)
      feval(callee, args{:});
    else
      [answers{:}] = feval(callee, args{:});
    end
  catch problem
    if ~ischar(callee) || ~any(callee == '.')
      rethrow(problem);
    end
    answers = call_dotted(callee, args, answers, problem);
  end
end

function answers = call_dotted(callee, args, answers, problem)
%CALL_DOTTED Call what feval may not find by its name: a static method, a constant, a member of an enumeration.
  unknown = strcmp(problem.message, sprintf('feval: function ''%s'' not found', callee));  % so says Octave
  if ~unknown && isempty(args) && numel(answers) == 1
    [found, value] = pybn_constant(callee);
    if found
      answers = {value};
      return
    end
  end
  unknown = unknown || ...
            (strcmp(problem.identifier, 'MATLAB:UndefinedFunction') && ~isempty(strfind(problem.message, callee)));
  if unknown
    answers = call(str2func(callee), args, answers);
  else
    rethrow(problem);
  end
end

function value = walk(value, path)
  for k = 1:numel(path)
    value = value.(path{k});
  end
end

function object = assign(object, path, value)
  if numel(path) > 1
    value = assign(object.(path{1}), path(2:end), value);
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
      value = str2func(node.name);
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
