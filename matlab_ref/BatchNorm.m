classdef BatchNorm < handle
%BATCHNORM Normalise each column of a batch, then scale and shift it.
%   layer = BatchNorm(name, epsilon, momentum, index, inputLayer)
%   layer = BatchNorm(name, epsilon, momentum, index, inputLayer, 'CTN')
%
%   y = layer.ForwardPropagation(x, weights, bias)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%   layer.IsTraining(false)                                     running statistics from now on
%
%   x, y, dy are (N,D); weights and bias are (1,D); all single or all double. With 'CTN', x, y and dy are
%   sequences (D,T,N), where trailing ones may be missing: every step is a row.
%   The variance is the biased one (1/N), epsilon stands inside the square root, momentum weighs
%   the OLD running statistic. Running statistics are zeros until the first training batch.
%
%   For MATLAB R2016b or newer, which expands (N,D) with (1,D), and for Octave.
%
%   Forward and backward follow the computational graph of batch normalisation one node at a time.
%   Every node of the last training batch can be read as a property of the layer.

  properties (SetAccess = private)
    name
    index
    inputLayer
    epsilon
    momentum
    training = true;
    running_mean = [];
    running_var = [];

    % Forward nodes, in the order they are computed.
    mu          % (1,D) mean of each column
    xmu         % (N,D) x - mu
    sq          % (N,D) xmu squared
    var         % (1,D) mean of sq: the biased variance
    sqrtvar     % (1,D) sqrt(var + epsilon)
    ivar        % (1,D) 1 / sqrtvar
    xhat        % (N,D) the normalised batch
    gammax      % (N,D) weights .* xhat
    y           % (N,D) gammax + bias

    % Backward nodes, in the order they are computed.
    dbeta       % (1,D) gradient of bias
    dgammax     % (N,D)
    dgamma      % (1,D) gradient of weights
    dxhat       % (N,D)
    divar       % (1,D)
    dxmu1       % (N,D) through xhat = xmu .* ivar
    dsqrtvar    % (1,D)
    dvar        % (1,D)
    dsq         % (N,D)
    dxmu2       % (N,D) through sq = xmu .^ 2
    dx1         % (N,D) through xmu = x - mu
    dmu         % (1,D)
    dx2         % (N,D) through mu
    dx          % (N,D) gradient of x
  end

  properties (Access = private)
    weights = [];
    sequences = false;
    shape = [];     % of x
    hasCache = false;
  end

  methods
    function obj = BatchNorm(name, epsilon, momentum, index, inputLayer, layout)
      if nargin >= 6
        if ~isempty(layout) && ~isequal(layout, 'CTN')
          error('BatchNorm:option', 'BatchNorm: wanted the layout ''CTN'', or none');
        end
        obj.sequences = ~isempty(layout);
      end
      if ~isscalar(epsilon) || ~isfinite(epsilon) || epsilon < 0
        error('BatchNorm:option', 'BatchNorm: wanted a finite epsilon >= 0');
      end
      if ~isscalar(momentum) || ~(momentum >= 0 && momentum <= 1)
        error('BatchNorm:option', 'BatchNorm: wanted a momentum from 0 to 1');
      end
      obj.name = name;
      obj.epsilon = epsilon;
      obj.momentum = momentum;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias)
      shape = size(x);
      x = obj.toRows(x);
      obj.check(x, weights, bias);
      obj.shape = shape;
      if obj.training
        y = obj.normaliseByBatch(x, weights, bias);
        obj.weights = weights;
      else
        y = obj.normaliseByRunning(x, weights, bias);
      end
      % A forward in evaluation mode leaves nothing for a backward to use.
      obj.hasCache = obj.training;
      if obj.sequences
        y = reshape(y.', shape);
      end
    end

    function gradient = BackwardPropagation(obj, dout)
      if ~obj.hasCache
        error('BatchNorm:state', 'BatchNorm: backward wants a training forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('BatchNorm:shape', 'BatchNorm: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), obj.shape)
        error('BatchNorm:shape', 'BatchNorm: wanted a gradient of %s, got %s', ...
              mat2str(obj.shape), mat2str(size(dy)));
      end
      dy = obj.toRows(dy);
      if ~strcmp(class(dy), class(obj.xhat))
        error('BatchNorm:dtype', 'BatchNorm: wanted a gradient of class %s, got %s', ...
              class(obj.xhat), class(dy));
      end
      N = size(dy, 1);

      % y = gammax + bias
      obj.dbeta = sum(dy, 1);
      obj.dgammax = dy;
      % gammax = weights .* xhat
      obj.dgamma = sum(obj.dgammax .* obj.xhat, 1);
      obj.dxhat = obj.dgammax .* obj.weights;
      % xhat = xmu .* ivar
      obj.divar = sum(obj.dxhat .* obj.xmu, 1);
      obj.dxmu1 = obj.dxhat .* obj.ivar;
      % ivar = 1 ./ sqrtvar
      obj.dsqrtvar = -1 ./ (obj.sqrtvar .* obj.sqrtvar) .* obj.divar;
      % sqrtvar = sqrt(var + epsilon)
      obj.dvar = 0.5 ./ sqrt(obj.var + obj.epsilon) .* obj.dsqrtvar;
      % var = 1/N * sum(sq)
      obj.dsq = (1 / N) * ones(size(dy), class(dy)) .* obj.dvar;
      % sq = xmu .* xmu
      obj.dxmu2 = 2 * obj.xmu .* obj.dsq;
      % xmu = x - mu
      obj.dx1 = obj.dxmu1 + obj.dxmu2;
      obj.dmu = -1 * sum(obj.dx1, 1);
      % mu = 1/N * sum(x)
      obj.dx2 = (1 / N) * ones(size(dy), class(dy)) .* obj.dmu;
      obj.dx = obj.dx1 + obj.dx2;

      dx = obj.dx;
      if obj.sequences
        dx = reshape(dx.', obj.shape);
      end
      gradient = struct('input', dx, 'weight', obj.dgamma, 'bias', obj.dbeta);
    end

    function IsTraining(obj, flag)
      obj.training = logical(flag);
    end
  end

  methods (Access = private)
    function y = normaliseByBatch(obj, x, weights, bias)
      N = size(x, 1);
      obj.mu = (1 / N) * sum(x, 1);
      obj.xmu = x - obj.mu;
      obj.sq = obj.xmu .* obj.xmu;
      obj.var = (1 / N) * sum(obj.sq, 1);
      obj.sqrtvar = sqrt(obj.var + obj.epsilon);
      obj.ivar = 1 ./ obj.sqrtvar;
      obj.xhat = obj.xmu .* obj.ivar;
      obj.gammax = weights .* obj.xhat;
      obj.y = obj.gammax + bias;
      y = obj.y;

      if isempty(obj.running_mean)
        obj.running_mean = zeros(1, size(x, 2), class(x));
        obj.running_var = zeros(1, size(x, 2), class(x));
      end
      obj.running_mean = obj.momentum * obj.running_mean + (1 - obj.momentum) * obj.mu;
      obj.running_var = obj.momentum * obj.running_var + (1 - obj.momentum) * obj.var;
    end

    function y = normaliseByRunning(obj, x, weights, bias)
      mean_ = obj.running_mean;
      var_ = obj.running_var;
      if isempty(mean_)
        mean_ = zeros(1, size(x, 2), class(x));
        var_ = mean_;
      end
      y = weights .* ((x - mean_) ./ sqrt(var_ + obj.epsilon)) + bias;
    end

    function rows = toRows(obj, x)
      %TOROWS Return the steps of sequences as rows; what is none is left to be refused.
      rows = x;
      if obj.sequences && ndims(x) <= 3 && ~isempty(x)
        rows = reshape(x, size(x, 1), size(x, 2) * size(x, 3)).';
      end
    end

    function check(obj, x, weights, bias)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('BatchNorm:dtype', 'BatchNorm: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) ~= 2 || isempty(x)
        error('BatchNorm:shape', 'BatchNorm: wanted x (N,D) with at least one row and column, got %s', ...
              mat2str(size(x)));
      end
      D = size(x, 2);
      obj.checkParameter('weights', weights, x);
      obj.checkParameter('bias', bias, x);
      if ~isempty(obj.running_mean)
        if numel(obj.running_mean) ~= D
          error('BatchNorm:shape', 'BatchNorm: wanted %d columns as in the batches before, got %d', ...
                numel(obj.running_mean), D);
        end
        if ~strcmp(class(obj.running_mean), class(x))
          error('BatchNorm:dtype', 'BatchNorm: wanted %s as in the batches before, got %s', ...
                class(obj.running_mean), class(x));
        end
      end
    end

    function checkParameter(~, name, value, x)
      if ~isequal(size(value), [1 size(x, 2)])
        error('BatchNorm:shape', 'BatchNorm: wanted %s %s, got %s', ...
              name, mat2str([1 size(x, 2)]), mat2str(size(value)));
      end
      if ~strcmp(class(value), class(x)) || ~isreal(value)
        error('BatchNorm:dtype', 'BatchNorm: wanted %s of class %s as x, got %s', name, class(x), class(value));
      end
    end
  end
end
