% Models of layer objects, trained a few steps, saved by pybn_export, with what they answer in answers.mat.
% octave-cli --path ... save_models.m FOLDER

folder = argv(){end};
rand('twister', 1);
randn('twister', 1);
answers = struct();

% Images, through every layer that the container knows.
images = DeepLearningModel({ ...
  struct('type', 'input', 'name', 'image', 'rows', 8, 'cols', 7, 'depth', 2), ...
  struct('type', 'conv', 'name', 'conv1', 'kh', 3, 'kw', 2, 'stride', [1 2], 'pad', [1 1 1 0], 'num_output', 4, 'groups', 2), ...
  struct('type', 'sp_batchnorm', 'name', 'bn1', 'eps', 1e-2, 'momentum', 0.6), ...
  struct('type', 'relu', 'name', 'relu1'), ...
  struct('type', 'lrn', 'name', 'lrn1', 'size', 3, 'alpha', 0.5, 'beta', 0.6, 'k', 1.5), ...
  struct('type', 'tanh', 'name', 'left'), ...
  struct('type', 'leaky_relu', 'name', 'right', 'slope', 0.2, 'inputLayer', 'bn1'), ...
  struct('type', 'concat', 'name', 'both', 'inputs', {{'left', 'right'}}), ...
  struct('type', 'add', 'name', 'sum', 'inputs', {{'both', 'both'}}), ...
  struct('type', 'maxpool', 'name', 'max1', 'kh', 2, 'kw', 2, 'stride', [2 1], 'pad', [0 0 1 0]), ...
  struct('type', 'deconv', 'name', 'up1', 'kh', 2, 'kw', 3, 'stride', [2 1], 'crop', [1 0 0 1], 'num_output', 4, 'groups', 2), ...
  struct('type', 'avgpool', 'name', 'avg1', 'kh', 3, 'kw', 3, 'stride', [2 2], 'pad', 1, 'count_include_pad', true), ...
  struct('type', 'dropout', 'name', 'drop1', 'prob', 0.2), ...
  struct('type', 'fc', 'name', 'fc1', 'num_output', 3), ...
  struct('type', 'softmax', 'name', 'prob')}, 'multi_class_cross_entropy');
images.SetParameters('conv1', randn(3, 2, 1, 4), randn(4, 1));
images.SetParameters('bn1', 0.5 + rand(1, 4), randn(1, 4));
images.SetParameters('up1', randn(2, 3, 2, 8), randn(4, 1));
images.SetParameters('fc1', randn(4 * 3 * 4, 3), randn(1, 3));
x = randn(8, 7, 2, 6);
t = eye(3)([1 2 3 1 2 3], :);
for k = 1:4
  [~, g] = images.Loss(x, t);
  for n = 1:numel(g)
    p = images.ParametersOf(g(n).name);
    images.SetParameters(g(n).name, p.weight - 0.05 * g(n).weight, p.bias - 0.05 * g(n).bias);
  end
end
answers.images = struct('x', x, 'y', images.Predict(x));
pybn_export(images, fullfile(folder, 'images.mat'));

% A table, in single; two layers at the end that nothing takes, one of them the output.
perceptron = DeepLearningModel({ ...
  struct('type', 'input', 'name', 'in', 'features', 5), ...
  struct('type', 'fc', 'name', 'fc1', 'num_output', 4), ...
  struct('type', 'batchnorm', 'name', 'bn', 'eps', 1e-3), ...
  struct('type', 'sigmoid', 'name', 's'), ...
  struct('type', 'fc', 'name', 'unused', 'num_output', 2), ...
  struct('type', 'fc', 'name', 'fc2', 'num_output', 1, 'inputLayer', 's'), ...
  struct('type', 'sigmoid', 'name', 'p')}, 'cross_entropy', 'p');
perceptron.SetParameters('fc1', single(randn(5, 4)), single(randn(1, 4)));
perceptron.SetParameters('bn', single(0.5 + rand(1, 4)), single(randn(1, 4)));
perceptron.SetParameters('unused', single(randn(4, 2)), single(randn(1, 2)));
perceptron.SetParameters('fc2', single(randn(4, 1)), single(randn()));
x = single(randn(7, 5));
perceptron.Loss(x, single(rand(7, 1) > 0.5));
answers.table = struct('x', x, 'y', perceptron.Predict(x));
pybn_export(struct('model', perceptron), fullfile(folder, 'table.mat'));
images.Loss(answers.images.x, t);              % what is saved does not follow

% A framework of somebody's own: maps by name, inputs that are objects.
last = InputLayer('in', 1, 4, 1, 1, 1, true);
container = HomeContainer();
container.Push(last);
weights = containers.Map('KeyType', 'char', 'ValueType', 'any');
biases = containers.Map('KeyType', 'char', 'ValueType', 'any');
for name = {'FC_1', 'Relu_1', 'FC_2', 'Softmax'}
  switch name{1}
    case 'FC_1'
      last = FullyConnected('FC_1', 6, 2, last);
    case 'Relu_1'
      last = Relu('Relu_1', 3, last);
    case 'FC_2'
      last = FullyConnected('FC_2', 3, 4, last);
    case 'Softmax'
      last = Softmax('Softmax', 5, last);
  end
  container.Push(last);
  weights(name{1}) = [];
  biases(name{1}) = [];
end
weights('FC_1') = randn(4, 6);
biases('FC_1') = randn(1, 6);
weights('FC_2') = randn(6, 3);
biases('FC_2') = randn(1, 3);
home = HomeModel(container, weights, biases);
x = randn(3, 4);
answers.home = struct('x', x, 'y', home.Predict(x));
pybn_export(home, fullfile(folder, 'home.mat'));

% A class that nobody knows, and a name with code in it.
container.Push(Capsule('x); system("id"); (', last));
container.Push(FullyConnected('after', 2, 7, []));
weights('after') = randn(9, 2);
biases('after') = randn(1, 2);
pybn_export(home, fullfile(folder, 'capsule.mat'));

% What cannot be.
fresh = DeepLearningModel({ ...
  struct('type', 'input', 'name', 'in', 'features', 5), ...
  struct('type', 'batchnorm', 'name', 'bn'), ...
  struct('type', 'fc', 'name', 'fc1', 'num_output', 2)}, 'mean_squared_error');
pybn_export(fresh, fullfile(folder, 'bare.mat'));
fresh.SetParameters('bn', ones(1, 5), zeros(1, 5));
pybn_export(fresh, fullfile(folder, 'fresh.mat'));
wrong = {@() pybn_export(3, 'x.mat'), @() pybn_export(LayerContainer(), 'x.mat'), @() pybn_export(home)};
answers.refused = cell(1, 3);
for k = 1:3
  try
    wrong{k}();
  catch problem
    answers.refused{k} = problem.message;
  end
end
save('-v7', fullfile(folder, 'answers.mat'), 'answers');
