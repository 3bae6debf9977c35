function reply = pybn_steps(spec, data, reply)
%PYBN_STEPS Perform the steps of a case. All names arrive as data; none becomes code.

  vars = data.inputs;
  fixed = data.constants;
  object = [];
  step = 0;
  try
    if strcmp(spec.kind, 'class')
      args = cellfun(@(a) pybn_value(a, vars, fixed), spec.new, 'UniformOutput', false);
      object = feval(spec.name, args{:});
    end
    for step = 1:numel(spec.steps)
      [vars, object] = perform(spec.steps{step}, vars, fixed, object);
    end
    for k = 1:numel(spec.outputs)
      name = spec.outputs{k};
      if isfield(vars, name)
        reply.outputs.(name) = vars.(name);
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

function [vars, object] = perform(step, vars, fixed, object)
  switch step.kind
    case 'get'
      vars.(step.target) = walk(object, step.path, numel(step.path));

    case 'set'
      value = pybn_value(step.value, vars, fixed);
      if numel(step.path) == 1
        object.(step.path{1}) = value;
      else
        owner = walk(object, step.path, numel(step.path) - 1);
        owner.(step.path{end}) = value;
      end

    case 'call'
      args = cellfun(@(a) pybn_value(a, vars, fixed), step.args, 'UniformOutput', false);
      answers = cell(1, numel(step.targets));
      if step.method
        owner = walk(object, step.path, numel(step.path) - 1);
        name = step.path{end};
        if isempty(answers)
          owner.(name)(args{:});
        else
          [answers{:}] = owner.(name)(args{:});
        end
      elseif isempty(answers)
        feval(step.path{1}, args{:});
      else
        [answers{:}] = feval(step.path{1}, args{:});
      end
      vars = bind(step.targets, answers, vars);
  end
end

function value = walk(value, path, count)
  for k = 1:count
    value = value.(path{k});
  end
end

function vars = bind(targets, answers, vars)
  for k = 1:numel(targets)
    target = targets{k};
    for m = 1:numel(target.names)
      if isempty(target.fields)
        vars.(target.names{m}) = answers{k};
      else
        vars.(target.names{m}) = answers{k}.(target.fields{m});
      end
    end
  end
end

function text = place(problem)
  text = '';
  for k = 1:numel(problem.stack)
    name = problem.stack(k).name;
    if ~strncmp(name, 'pybn_', 5)
      text = sprintf('%s, line %d', name, problem.stack(k).line);
      return
    end
  end
end
