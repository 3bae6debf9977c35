classdef Solver < handle
%SOLVER Trains a model: batches, epochs, updates.
%   solver = Solver(layers, lossName, optimizer, options)
%
%   layers, lossName: as DeepLearningModel takes them.
%   optimizer: a struct with the field type, one of 'sgd' (learning_rate), 'sgd_momentum' (learning_rate,
%     momentum = 0.9) and 'adam' (learning_rate, beta1 = 0.9, beta2 = 0.999, eps = 1e-8).
%   options: a struct with any of the fields l2 (0), lr_decay (1: the learning rate is multiplied by it at the
%     end of each epoch), shuffle (true), seed (none: with one, rand starts from it here) and output (the
%     name of the layer whose output is the model's, where nothing takes several).
%
%   loss = solver.Step(x, t)                                        one update; the loss before it
%   losses = solver.Train(x, t, batchSize, steps)                   one loss a step, double
%   [losses, accuracies, validationLosses] = solver.Train(x, t, batchSize, steps, xv, tv)
%
%   An epoch goes once through the samples, shuffled by sort(rand(1,N)) at its start; its last batch may be
%   smaller. At the end of each epoch the model is measured on xv, tv in evaluation mode, where they are given:
%   the loss without L2, and the accuracy, the share of samples whose largest score is where the target's is
%   (of a single column: score and target on the same side of 0.5).

  properties (SetAccess = private)
    model
    optimizer
    lr_decay = 1;
    shuffle = true;
  end

  methods
    function obj = Solver(layers, lossName, optimizer, options)
      if nargin < 4 || isempty(options)
        options = struct();
      end
      unknown = setdiff(fieldnames(options), {'l2', 'lr_decay', 'shuffle', 'seed', 'output'});
      if ~isempty(unknown)
        error('Solver:option', 'Solver: the option %s means nothing here', unknown{1});
      end
      obj.model = DeepLearningModel(layers, lossName, obj.fieldOr(options, 'output', ''));
      obj.optimizer = obj.makeOptimizer(optimizer);
      obj.lr_decay = obj.fieldOr(options, 'lr_decay', 1);
      obj.shuffle = obj.fieldOr(options, 'shuffle', true);
      obj.model.L2Regularization(obj.fieldOr(options, 'l2', 0));
      if ~isscalar(obj.lr_decay) || ~(obj.lr_decay > 0)
        error('Solver:option', 'Solver: wanted lr_decay > 0');
      end
      if ~isempty(obj.fieldOr(options, 'seed', []))
        rand('twister', options.seed); %#ok<RAND>
      end
    end

    function loss = Step(obj, x, t)
      [loss, gradients] = obj.model.Loss(x, t);
      for k = 1:numel(gradients)
        name = gradients(k).name;
        own = obj.model.ParametersOf(name);
        weight = obj.optimizer.Step([name '.weight'], own.weight, gradients(k).weight);
        bias = obj.optimizer.Step([name '.bias'], own.bias, gradients(k).bias);
        obj.model.SetParameters(name, weight, bias);
      end
    end

    function [losses, accuracies, validationLosses] = Train(obj, x, t, batchSize, steps, xv, tv)
      entrance = obj.model.Entrance();
      N = entrance.Count(x);
      if size(t, 1) ~= N
        error('Solver:shape', 'Solver: wanted a target for each of %d samples, got %d', N, size(t, 1));
      end
      if ~isscalar(batchSize) || ~(batchSize >= 1) || mod(batchSize, 1) ~= 0
        error('Solver:option', 'Solver: wanted batchSize as a whole number >= 1');
      end
      losses = zeros(1, steps);
      [accuracies, validationLosses] = deal(zeros(1, 0));
      done = 0;
      while done < steps
        order = obj.drawOrder(N);
        for first = 1:batchSize:N
          if done == steps
            return  % in the middle of an epoch, whose end does not come
          end
          numbers = order(first:min(first + batchSize - 1, N));
          done = done + 1;
          losses(done) = obj.Step(entrance.Select(x, numbers), t(numbers, :));
        end
        obj.optimizer.Decay(obj.lr_decay);
        if nargin > 5
          [accuracies(end + 1), validationLosses(end + 1)] = obj.evaluate(xv, tv); %#ok<AGROW>
        end
      end
    end
  end

  methods (Access = private)
    function [share, loss] = evaluate(obj, x, t)
      scores = obj.model.Predict(x);
      loss = obj.model.Criterion(scores, t);
      if size(t, 2) == 1
        [wanted, got] = deal(t >= 0.5, scores >= 0.5);
      else
        [~, wanted] = max(t, [], 2);
        [~, got] = max(scores, [], 2);
      end
      share = mean(wanted == got);
    end

    function order = drawOrder(obj, N)
      order = 1:N;
      if obj.shuffle
        [~, order] = sort(rand(1, N));
      end
    end

    function optimizer = makeOptimizer(obj, told)
      if ~isstruct(told) || ~all(isfield(told, {'type', 'learning_rate'}))
        error('Solver:option', 'Solver: wanted an optimizer with the fields type and learning_rate');
      end
      switch told.type
        case 'sgd'
          known = {};
          optimizer = Sgd(told.learning_rate);
        case 'sgd_momentum'
          known = {'momentum'};
          optimizer = SgdMomentum(told.learning_rate, obj.fieldOr(told, 'momentum', 0.9));
        case 'adam'
          known = {'beta1', 'beta2', 'eps'};
          optimizer = Adam(told.learning_rate, obj.fieldOr(told, 'beta1', 0.9), ...
                           obj.fieldOr(told, 'beta2', 0.999), obj.fieldOr(told, 'eps', 1e-8));
        otherwise
          error('Solver:option', 'Solver: there is no optimizer %s', told.type);
      end
      unknown = setdiff(fieldnames(told), [{'type', 'learning_rate'}, known]);
      if ~isempty(unknown)
        error('Solver:option', 'Solver: %s means nothing to %s', unknown{1}, told.type);
      end
    end

    function value = fieldOr(~, fields, name, default)
      value = default;
      if isfield(fields, name)
        value = fields.(name);
      end
    end
  end
end
