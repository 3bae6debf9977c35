classdef DeepLearningModel < handle
%DEEPLEARNINGMODEL Layers wired by name, their parameters, and a loss: forward, and gradients of everything.
%   model = DeepLearningModel(layers, lossName)
%   model = DeepLearningModel(layers, lossName, outputName)   where nothing takes several of the layers
%
%   layers is a LayerContainer, or a cell of the structs that one is given; lossName is 'cross_entropy',
%   'multi_class_cross_entropy' or 'mean_squared_error'.
%
%   model.SetParameters('conv1', weight, bias)      p = model.ParametersOf('conv1')   fields weight, bias
%   y = model.Forward(x)                            in the mode the model is in
%   y = model.Predict(x)                            in evaluation mode; the mode is what it was afterwards
%   [loss, gradients] = model.Loss(x, t)            in training mode, which stays; gradients(k).name, .weight, .bias
%   y = model.Activation('conv1')                   of the last forward
%   g = model.GradientsOf('conv1')                  of the last loss: fields output, input (input1, input2 ...
%                                                   where it joins), weight, bias; [] where there is none
%   s = model.RunningOf('bn1')                      fields running_mean, running_var
%   model.IsTraining(false)   model.L2Regularization(lambda)   layer = model.Layer('conv1')
%
%   A layer runs once all that it takes has run; otherwise the order is the one they were given in. The output
%   is the layer that no other takes. A layer that the output does not depend on does not run, and receives
%   nothing. Going back, gradients that arrive from several layers are added in the order of arrival: that of
%   the layer that ran last comes first. Where the gradient of the loss is by the INPUT of the last layer, its
%   own backward is left out.
%   L2 adds lambda/2 sum(w^2) over all weights that receive a gradient, gammas included, biases not, to the
%   loss, and lambda w to the gradient of each.

  properties (SetAccess = private)
    names = {};          % of the layers, in the order they run
    training = true;
    lambda = 0;
  end

  properties (Access = private)
    layers = {};
    kinds = [];          % for each layer whether it enters, joins, has parameters
    sources = {};        % for each layer the numbers of those it takes
    moded = [];          % which layers have two modes
    live = [];           % which layers the output depends on
    output               % number of the layer whose output is the model's
    entrance             % number of the input
    criterion            % the loss
    through = false;     % whether its gradient is by the input of the last layer
    weights
    biases
    activations
    gradients
  end

  methods
    function obj = DeepLearningModel(layers, lossName, outputName)
      container = layers;
      if iscell(layers)
        container = LayerContainer();
        for k = 1:numel(layers)
          container = container <= layers{k};
        end
      elseif ~isa(layers, 'LayerContainer')
        error('DeepLearningModel:layers', 'DeepLearningModel: wanted a LayerContainer or a cell of structs');
      end
      if nargin < 3
        outputName = '';
      end
      obj.wire(container);
      obj.setOutput(outputName);
      obj.setLoss(lossName);
    end

    function SetParameters(obj, name, weight, bias)
      k = obj.parametrised(name);
      obj.weights{k} = weight;
      obj.biases{k} = bias;
    end

    function parameters = ParametersOf(obj, name)
      k = obj.parametrised(name);
      parameters = struct('weight', obj.weights{k}, 'bias', obj.biases{k});
    end

    function y = Forward(obj, x)
      obj.activations = cell(size(obj.layers));
      for k = find(obj.live)
        taken = obj.activations(obj.sources{k});
        if k == obj.entrance
          taken = x;
        elseif ~obj.kinds(k).joins
          taken = taken{1};
        end
        obj.activations{k} = obj.layers{k}.ForwardPropagation(taken, obj.weights{k}, obj.biases{k});
      end
      y = obj.activations{obj.output};
    end

    function y = Predict(obj, x)
      before = obj.training;
      obj.IsTraining(false);
      try
        y = obj.Forward(x);
      catch problem
        obj.IsTraining(before);
        rethrow(problem);
      end
      obj.IsTraining(before);
    end

    function [loss, gradients] = Loss(obj, x, t)
      obj.IsTraining(true);
      [loss, dscores] = obj.Criterion(obj.Forward(x), t);
      obj.backward(dscores);
      loss = obj.regularise(loss);
      gradients = obj.collected();
    end

    function y = Activation(obj, name)
      y = obj.activations{obj.numberOf(name)};
      if isempty(y)
        error('DeepLearningModel:state', 'DeepLearningModel: %s did not run', name);
      end
    end

    function gradient = GradientsOf(obj, name)
      gradient = obj.gradients{obj.numberOf(name)};
      if isempty(gradient)
        error('DeepLearningModel:state', 'DeepLearningModel: no gradient reached %s', name);
      end
    end

    function statistics = RunningOf(obj, name)
      layer = obj.Layer(name);
      if isa(layer, 'SpatialBatchNorm')
        layer = layer.inner;
      elseif ~isa(layer, 'BatchNorm')
        error('DeepLearningModel:name', 'DeepLearningModel: %s has no running statistics', name);
      end
      statistics = struct('running_mean', layer.running_mean, 'running_var', layer.running_var);
    end

    function IsTraining(obj, flag)
      obj.training = logical(flag);
      for k = find(obj.moded)
        obj.layers{k}.IsTraining(obj.training);
      end
    end

    function L2Regularization(obj, lambda)
      if ~isscalar(lambda) || ~isfinite(lambda) || lambda < 0
        error('DeepLearningModel:option', 'DeepLearningModel: wanted a finite lambda >= 0');
      end
      obj.lambda = lambda;
    end

    function layer = Layer(obj, name)
      layer = obj.layers{obj.numberOf(name)};
    end

    function [value, gradient] = Criterion(obj, scores, t)
      %CRITERION The loss alone, without L2, of scores that are there.
      [value, gradient] = obj.criterion.GetLossAndGradients(scores, t);
    end

    function layer = Entrance(obj)
      layer = obj.layers{obj.entrance};
    end
  end

  methods (Access = private)
    function wire(obj, container)
      told = container.layers;
      given = cellfun(@(spec) spec.name, told, 'UniformOutput', false);
      fits = ~cellfun(@isempty, regexp(given, '^[A-Za-z_]\w*$', 'once'));
      if isempty(told) || ~all(fits) || numel(unique(given)) ~= numel(given)
        error('DeepLearningModel:name', ...
              'DeepLearningModel: wanted layers, each with a name of its own, of letters, digits and _');
      end
      kinds = arrayfun(@(k) container.Kind(k), 1:numel(told), 'UniformOutput', false);
      kinds = [kinds{:}];
      from = arrayfun(@(k) obj.sourcesOf(told, given, k, kinds(k)), 1:numel(told), 'UniformOutput', false);
      order = obj.arranged(from, given);
      place(order) = 1:numel(order);
      obj.names = given(order);
      obj.kinds = kinds(order);
      obj.sources = cellfun(@(numbers) place(numbers), from(order), 'UniformOutput', false);
      rows = false(1, numel(order));  % whether a layer makes rows (N,D), not images
      for k = 1:numel(order)
        [obj.layers{k}, rows(k)] = container.Make(order(k), any(rows(obj.sources{k})));
      end
      obj.moded = cellfun(@(layer) any(strcmp('IsTraining', methods(layer))), obj.layers);
      [obj.weights, obj.biases, obj.activations, obj.gradients] = deal(cell(1, numel(order)));
    end

    function setOutput(obj, name)
      %SETOUTPUT Find the output, what it depends on, and the one input among that.
      count = numel(obj.layers);
      if isempty(name)
        obj.output = setdiff(1:count, [obj.sources{:}]);
      else
        obj.output = obj.numberOf(name);
      end
      if numel(obj.output) ~= 1
        error('DeepLearningModel:output', 'DeepLearningModel: nothing takes %s; say which is the output', ...
              strjoin(obj.names(obj.output), ' or '));
      end
      obj.live = false(1, count);
      obj.live(obj.output) = true;
      for k = count:-1:1
        if obj.live(k)
          obj.live(obj.sources{k}) = true;
        end
      end
      obj.entrance = find([obj.kinds.enters] & obj.live);
      if numel(obj.entrance) ~= 1 || obj.entrance == obj.output
        error('DeepLearningModel:input', 'DeepLearningModel: wanted one input and layers after it');
      end
    end

    function numbers = sourcesOf(~, told, given, k, kind)
      %SOURCESOF Return the numbers of the entries that entry k takes.
      spec = told{k};
      named = {};
      if isfield(spec, 'inputs')
        named = spec.inputs;
      elseif isfield(spec, 'inputLayer')
        named = {spec.inputLayer};
      elseif k > 1 && ~kind.enters
        named = given(k - 1);
      end
      if ischar(named)
        named = {named};
      end
      if ~iscellstr(named) || (isfield(spec, 'inputs') && isfield(spec, 'inputLayer'))
        error('DeepLearningModel:input', 'DeepLearningModel: %s: wanted names, in inputs or in inputLayer', spec.name);
      end
      count = numel(named);
      if (kind.enters && count ~= 0) || (kind.joins && count < 2) || (~kind.enters && ~kind.joins && count ~= 1)
        error('DeepLearningModel:input', 'DeepLearningModel: %s cannot take %d inputs', spec.name, count);
      end
      numbers = zeros(1, count);
      for n = 1:count
        found = find(strcmp(given, named{n}));
        if isempty(found)
          error('DeepLearningModel:input', 'DeepLearningModel: %s takes %s, and there is no such layer', ...
                spec.name, named{n});
        end
        numbers(n) = found;
      end
    end

    function order = arranged(~, from, given)
      %ARRANGED Order the entries such that each comes after all it takes; of those that can, the first given.
      order = zeros(1, numel(from));
      placed = false(1, numel(from));
      for n = 1:numel(from)
        left = find(~placed);
        next = [];
        for k = left
          if all(placed(from{k}))
            next = k;
            break
          end
        end
        if isempty(next)
          error('DeepLearningModel:cycle', 'DeepLearningModel: %s takes, by way of others, its own output', ...
                given{left(1)});
        end
        order(n) = next;
        placed(next) = true;
      end
    end

    function setLoss(obj, lossName)
      last = class(obj.layers{obj.output});
      switch lossName
        case 'cross_entropy'
          obj.criterion = CrossEntropy();
          wanted = 'Sigmoid';
        case 'multi_class_cross_entropy'
          obj.criterion = MultiClassCrossEntropy();
          wanted = 'Softmax';
        case 'mean_squared_error'
          obj.criterion = MeanSquaredError();
          wanted = '';
        otherwise
          error('DeepLearningModel:loss', 'DeepLearningModel: there is no loss %s', lossName);
      end
      obj.through = ~isempty(wanted);
      if obj.through && ~strcmp(last, wanted)
        error('DeepLearningModel:loss', 'DeepLearningModel: %s wants a %s for the last layer, got a %s', ...
              lossName, wanted, last);
      end
    end

    function backward(obj, dscores)
      obj.gradients = cell(size(obj.layers));
      arrived = cell(size(obj.layers));
      arrived{obj.output} = dscores;
      for k = numel(obj.layers):-1:1
        if isempty(arrived{k})
          continue  % nothing that the output depends on
        end
        if obj.through && k == obj.output
          gradient = struct('output', [], 'input', dscores, 'weight', [], 'bias', []);
        else
          gradient = obj.layers{k}.BackwardPropagation(struct('input', arrived{k}));
          gradient.output = arrived{k};
        end
        obj.gradients{k} = gradient;
        for n = 1:numel(obj.sources{k})
          from = obj.sources{k}(n);
          if obj.kinds(k).joins
            part = gradient.(sprintf('input%d', n));
          else
            part = gradient.input;
          end
          if isempty(arrived{from})
            arrived{from} = part;
          else
            arrived{from} = arrived{from} + part;
          end
        end
      end
    end

    function loss = regularise(obj, loss)
      if obj.lambda == 0
        return
      end
      for k = find(~cellfun(@isempty, obj.gradients) & [obj.kinds.parameters])
        weight = obj.weights{k};
        loss = loss + 0.5 * obj.lambda * sum(weight(:) .* weight(:));
        obj.gradients{k}.weight = obj.gradients{k}.weight + obj.lambda * weight;
      end
    end

    function gradients = collected(obj)
      gradients = struct('name', {}, 'weight', {}, 'bias', {});
      for k = 1:numel(obj.layers)
        if obj.kinds(k).parameters && ~isempty(obj.gradients{k})
          own = obj.gradients{k};
          gradients(end + 1) = struct('name', obj.names{k}, 'weight', own.weight, 'bias', own.bias); %#ok<AGROW>
        end
      end
    end

    function k = numberOf(obj, name)
      k = find(strcmp(obj.names, name));
      if isempty(k)
        error('DeepLearningModel:name', 'DeepLearningModel: there is no layer %s', name);
      end
    end

    function k = parametrised(obj, name)
      k = obj.numberOf(name);
      if ~obj.kinds(k).parameters
        error('DeepLearningModel:name', 'DeepLearningModel: %s has no parameters', name);
      end
    end
  end
end
