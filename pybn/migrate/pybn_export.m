function pybn_export(model, file)
%PYBN_EXPORT Save a model of layer objects as one plain struct, for pybn migrate.
%   pybn_export(model, 'model.mat')
%
%   model is the object that holds the layers and their parameters, trained: a DeepLearningModel, or whatever holds
%   one, a Solver say. Run it where its classes are on the path, in MATLAB or in Octave 7 or newer. Nothing is
%   changed in the model.
%
%   The layers are the first cell of objects with a name that is found in the model or in what it holds. Parameters
%   are in its maps or cells called weights, weightsMap, biases, BiasMap and the like, by the names of the layers or
%   in their order; otherwise in the layers. What a layer takes is told by the model's sources (numbers) or by the
%   layer's inputLayer (objects or names); a layer that tells nothing takes the one before it.
%
%   The file has the struct pybn_model: format, version, class, loss, output, and layers, a cell of structs with
%   class, name, inputs, parameters (weight, bias) and properties, private ones and inner objects included.

  if nargin ~= 2 || ~ischar(file)
    error('pybn_export:usage', 'pybn_export: wanted a model and the name of a file: pybn_export(model, ''model.mat'')');
  end
  before = warning();
  restored = onCleanup(@() warning(before));
  warning('off', 'all');                        % of reading what is private
  [layers, holders] = findLayers(model);
  names = cell(size(layers));
  for k = 1:numel(layers)
    names{k} = nameOf(layers{k});
  end
  told = cell(1, numel(layers));
  for k = 1:numel(layers)
    own = inside(layers{k});
    enters = ~isempty(regexpi(class(layers{k}), 'input', 'once'));
    told{k} = struct('class', class(layers{k}), 'name', names{k}, 'inputs', {inputsOf(k, own, names, holders, enters)}, ...
                     'parameters', parametersOf(k, names, own, holders), ...
                     'properties', propertiesOf(layers{k}, 1));
  end
  pybn_model = struct('format', 'pybn model', 'version', 1, 'class', class(model), ...
                      'loss', lossOf(holders), 'output', outputOf(names, holders), 'layers', {told}); %#ok<NASGU>
  save(file, 'pybn_model', '-v7');
end

function [layers, holders] = findLayers(model)
  queue = {model};
  holders = {};
  while ~isempty(queue) && numel(holders) < 100
    held = inside(queue{1});
    queue(1) = [];
    holders{end + 1} = held; %#ok<AGROW>
    for field = fieldnames(held)'
      value = held.(field{1});
      if areLayers(value)
        layers = value(:)';
        return
      elseif isObject(value)
        queue{end + 1} = value; %#ok<AGROW>
      end
    end
  end
  error('pybn_export:layers', ...
        'pybn_export: %s holds no cell of layer objects with names; give the model that runs the layers', class(model));
end

function yes = areLayers(value)
  yes = iscell(value) && ~isempty(value) && all(cellfun(@isObject, value(:)));
  if yes
    yes = all(cellfun(@(each) ~isempty(nameOf(each)), value(:)));
  end
end

function yes = isObject(value)
  yes = numel(value) == 1 && ~(isnumeric(value) || islogical(value) || ischar(value) || iscell(value) || ...
                               isstruct(value) || isa(value, 'function_handle') || isa(value, 'containers.Map'));
end

function held = inside(value)
  %INSIDE Return all properties of an object, private ones too.
  if isstruct(value)
    held = value(1);
  elseif isObject(value)
    held = struct(value);
  else
    held = struct();
  end
end

function name = nameOf(layer)
  name = '';
  held = inside(layer);
  for key = {'name', 'Name', 'm_name'}
    if isfield(held, key{1}) && ischar(held.(key{1}))
      name = held.(key{1});
      return
    end
  end
end

function inputs = inputsOf(k, own, names, holders, enters)
  for h = 1:numel(holders)
    if isfield(holders{h}, 'sources') && iscell(holders{h}.sources) && numel(holders{h}.sources) == numel(names)
      inputs = names(holders{h}.sources{k});
      return
    end
  end
  given = {};
  for key = {'inputLayer', 'inputLayers', 'm_inputLayer'}
    if isfield(own, key{1}) && ~isempty(own.(key{1}))
      given = own.(key{1});
    end
  end
  if ~iscell(given)
    given = {given};
  end
  inputs = {};
  for n = 1:numel(given)
    if ischar(given{n})
      inputs{end + 1} = given{n}; %#ok<AGROW>
    else
      inputs{end + 1} = nameOf(given{n}); %#ok<AGROW>
    end
  end
  if isempty(inputs) && k > 1 && ~enters
    inputs = names(k - 1);
  end
end

function parameters = parametersOf(k, names, own, holders)
  parameters = struct('weight', [], 'bias', []);
  patterns = {'weight', '^(m_)?weights?(map)?$'; 'bias', '^(m_)?bias(es)?(map)?$'};
  for p = 1:2
    value = [];
    for h = 1:numel(holders)
      value = lookUp(holders{h}, patterns{p, 2}, k, names);
      if ~isempty(value)
        break
      end
    end
    if isempty(value)
      value = lookUp(own, patterns{p, 2}, k, names);
    end
    parameters.(patterns{p, 1}) = onHost(value);
  end
end

function value = lookUp(held, pattern, k, names)
  value = [];
  for field = fieldnames(held)'
    if isempty(regexpi(field{1}, pattern, 'once'))
      continue
    end
    found = held.(field{1});
    if isa(found, 'containers.Map') && strcmp(found.KeyType, 'char') && isKey(found, names{k})
      value = found(names{k});
    elseif iscell(found) && numel(found) == numel(names)
      value = found{k};
    elseif isfield(held, 'name') && isnumeric(found)
      value = found;
    end
    if ~isempty(value)
      return
    end
  end
end

function kept = propertiesOf(layer, depth)
  %PROPERTIESOF Return what a layer says of itself; of the caches of a training step only what is small.
  held = inside(layer);
  kept = struct();
  for field = fieldnames(held)'
    value = onHost(held.(field{1}));
    large = numel(value) > 64 && isempty(regexpi(field{1}, 'running|mean|var|sigma|moment|gamma|beta|alpha', 'once'));
    if any(strcmp(field{1}, {'inputLayer', 'inputLayers', 'activations', 'gradients', 'previousInput'}))
      continue
    elseif ischar(value) || ((isnumeric(value) || islogical(value)) && ~issparse(value) && (~large || isUnknown(layer)))
      kept.(field{1}) = value;
    elseif isObject(value) && depth < 3
      kept.(field{1}) = struct('class', class(value), 'properties', propertiesOf(value, depth + 1));
    elseif isa(value, 'function_handle')
      kept.(field{1}) = func2str(value);
    end
  end
end

function yes = isUnknown(layer)
  known = {'InputLayer', 'FullyConnected', 'ConvolutionLayer', 'TransposedConvolutionLayer', 'BatchNorm', ...
           'SpatialBatchNorm', 'MaxPoolLayer', 'AvgPoolLayer', 'GlobalAvgPoolLayer', 'GlobalMaxPoolLayer', 'Relu', ...
           'LeakyRelu', 'Sigmoid', 'Tanh', 'Softmax', 'Dropout', 'EltWiseAdd', 'Concat', 'LocalResponseNorm'};
  yes = ~any(strcmp(class(layer), known));
end

function name = lossOf(holders)
  name = '';
  for h = 1:numel(holders)
    for key = {'criterion', 'lossFunction'}
      if isfield(holders{h}, key{1}) && isObject(holders{h}.(key{1}))
        name = class(holders{h}.(key{1}));
      end
    end
  end
end

function name = outputOf(names, holders)
  name = '';
  for h = 1:numel(holders)
    if isfield(holders{h}, 'output') && isnumeric(holders{h}.output) && isscalar(holders{h}.output)
      name = names{holders{h}.output};
    end
  end
end

function value = onHost(value)
  if isa(value, 'gpuArray')
    value = gather(value);
  end
end
