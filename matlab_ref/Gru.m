classdef Gru < handle
%GRU The gated recurrent unit: a hidden state, walked along the steps of sequences.
%   layer = Gru(name, output, direction, reset, gateActivation, stateActivation, index, inputLayer)
%
%   y = layer.ForwardPropagation(x, weights, recurrentWeights, bias)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, recurrent_weight, bias
%
%   x is (D,T,N), where trailing ones may be missing: N sequences of T steps. weights are (3H,D), recurrentWeights
%   (3H,H), bias has 3H elements, one row or one column: the rows of the reset gate r, then of the update gate z,
%   of the candidate. All single or all double.
%
%       r, z = gate(W x(t) + R h(t-1) + b)
%       h(t) = (1 - z) .* candidate + z .* h(t-1),   candidate = state of, by reset,
%           'after'            W x(t) + r .* (R h(t-1)) + b
%           'before'           W x(t) + R (r .* h(t-1)) + b
%           'recurrent-bias'   W x(t) + b + r .* (R h(t-1) + bR), where bias has 6H elements, b and then bR, which is
%                              added to R h(t-1) in the gates as well
%
%   The gate activation is 'sigmoid' or 'hard-sigmoid', the state activation 'tanh', 'softsign' or 'relu'. h is zero
%   before the first step.
%
%   output 'sequence': y is (H,T,N). 'last': y is (N,H), of the last step of the walk. direction 'forward' walks
%   from 1 to T, 'backward' from T to 1, 'both' does both: all parameters have twice the rows, forward first, and y
%   twice the channels.

  properties (SetAccess = private)
    name
    index
    inputLayer
    output
    direction
    reset
    gateActivation
    stateActivation
  end

  properties (Access = private)
    x = [];       % of the last forward
    biasSize
    walks = {};   % for each direction, all that a backward needs of it
  end

  methods
    function obj = Gru(name, output, direction, reset, gateActivation, stateActivation, index, inputLayer)
      obj.output = obj.oneOf('output', output, {'sequence', 'last'});
      obj.direction = obj.oneOf('direction', direction, {'forward', 'backward', 'both'});
      obj.reset = obj.oneOf('reset', reset, {'after', 'before', 'recurrent-bias'});
      obj.gateActivation = obj.oneOf('gateActivation', gateActivation, {'sigmoid', 'hard-sigmoid'});
      obj.stateActivation = obj.oneOf('stateActivation', stateActivation, {'tanh', 'softsign', 'relu'});
      obj.name = name;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, recurrentWeights, bias)
      obj.check(x, weights, recurrentWeights, bias);
      ways = obj.ways();
      rows = size(weights, 1) / numel(ways);
      answers = cell(1, numel(ways));
      for k = 1:numel(ways)
        part = (k - 1) * rows + (1:rows);
        biases = numel(bias) / numel(ways);
        walk = obj.walkThrough(x, weights(part, :), recurrentWeights(part, :), ...
                        bias((k - 1) * biases + (1:biases)), ways{k});
        answers{k} = walk.h;
        obj.walks{k} = walk;
      end
      y = obj.joined(answers, ways);
      obj.x = x;
      obj.biasSize = size(bias);
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      ways = obj.ways();
      dx = zeros(size(obj.x), class(dy));
      [dweight, drecurrent, dbias] = deal([]);
      for k = 1:numel(ways)
        [own, dw, dr, db] = obj.walkBack(obj.walks{k}, obj.part(dy, k), ways{k});
        dx = dx + own;
        dweight = [dweight; dw]; %#ok<AGROW>
        drecurrent = [drecurrent; dr]; %#ok<AGROW>
        dbias = [dbias; db]; %#ok<AGROW>
      end
      gradient = struct('input', dx, 'weight', dweight, 'recurrent_weight', drecurrent, ...
                        'bias', reshape(dbias, obj.biasSize));
    end
  end

  methods (Access = private)
    function walk = walkThrough(obj, x, W, R, b, way)
      %WALK Return the gates and states of every step, in the order of the steps, whatever the way.
      H = size(R, 2);
      T = size(x, 2);
      N = size(x, 3);
      [walk.r, walk.z, walk.candidate, walk.inner, walk.h, walk.hBefore] = deal(zeros(H, T, N, class(x)));
      b = b(:);
      bR = zeros(3 * H, 1, class(x));
      if strcmp(obj.reset, 'recurrent-bias')
        bR = b(3 * H + 1:6 * H);
        b = b(1:3 * H);
      end
      h = zeros(H, N, class(x));
      last = 2 * H + 1:3 * H;
      for t = obj.order(way, T)
        a = W * reshape(x(:, t, :), size(x, 1), N) + b;
        u = R * h + bR;
        r = obj.gate(a(1:H, :) + u(1:H, :));
        z = obj.gate(a(H + 1:2 * H, :) + u(H + 1:2 * H, :));
        if strcmp(obj.reset, 'before')
          inner = r .* h;
          candidate = obj.state(a(last, :) + R(last, :) * inner);
        else
          inner = u(last, :);
          candidate = obj.state(a(last, :) + r .* inner);
        end
        walk.hBefore(:, t, :) = h;
        h = (1 - z) .* candidate + z .* h;
        walk.r(:, t, :) = r;
        walk.z(:, t, :) = z;
        walk.candidate(:, t, :) = candidate;
        walk.inner(:, t, :) = inner;
        walk.h(:, t, :) = h;
      end
      walk.W = W;
      walk.R = R;
    end

    function [dx, dW, dR, db] = walkBack(obj, walk, dy, way)
      [H, T, N] = size(walk.h);
      dx = zeros(size(obj.x), class(dy));
      dW = zeros(size(walk.W), class(dy));
      dR = zeros(size(walk.R), class(dy));
      [db, dbR] = deal(zeros(3 * H, 1, class(dy)));
      dh = zeros(H, N, class(dy));
      gates = 1:2 * H;
      last = 2 * H + 1:3 * H;
      for t = fliplr(obj.order(way, T))
        r = reshape(walk.r(:, t, :), H, N);
        z = reshape(walk.z(:, t, :), H, N);
        candidate = reshape(walk.candidate(:, t, :), H, N);
        inner = reshape(walk.inner(:, t, :), H, N);
        h = reshape(walk.hBefore(:, t, :), H, N);
        dh = dh + reshape(dy(:, t, :), H, N);
        dcandidate = dh .* (1 - z) .* obj.stateSlope(candidate);
        dz = dh .* (h - candidate) .* obj.gateSlope(z);
        if strcmp(obj.reset, 'before')
          dinner = walk.R(last, :)' * dcandidate;
          dr = dinner .* h .* obj.gateSlope(r);
          du = [dr; dz; dcandidate];
          dR(last, :) = dR(last, :) + dcandidate * inner';
          dhBefore = dinner .* r;
        else
          dr = dcandidate .* inner .* obj.gateSlope(r);
          du = [dr; dz; dcandidate .* r];
          dR(last, :) = dR(last, :) + du(last, :) * h';
          dhBefore = walk.R(last, :)' * du(last, :);
        end
        da = [dr; dz; dcandidate];
        dR(gates, :) = dR(gates, :) + du(gates, :) * h';
        dW = dW + da * reshape(obj.x(:, t, :), size(obj.x, 1), N)';
        db = db + sum(da, 2);
        dbR = dbR + sum(du, 2);
        dx(:, t, :) = walk.W' * da;
        dh = dhBefore + dh .* z + walk.R(gates, :)' * du(gates, :);
      end
      if strcmp(obj.reset, 'recurrent-bias')
        db = [db; dbR];
      end
    end

    function ways = ways(obj)
      switch obj.direction
        case 'both'
          ways = {'forward', 'backward'};
        otherwise
          ways = {obj.direction};
      end
    end

    function steps = order(~, way, T)
      steps = 1:T;
      if strcmp(way, 'backward')
        steps = T:-1:1;
      end
    end

    function y = joined(obj, answers, ways)
      if strcmp(obj.output, 'last')
        for k = 1:numel(ways)
          [H, T, N] = size(answers{k});
          steps = obj.order(ways{k}, T);
          answers{k} = reshape(answers{k}(:, steps(end), :), H, N);
        end
        y = vertcat(answers{:}).';
      else
        y = vertcat(answers{:});
      end
    end

    function dy = part(obj, dy, k)
      %PART Return a direction's part of the gradient, of every step.
      ways = obj.ways();
      [H, T, N] = size(obj.walks{k}.h);
      mine = (k - 1) * H + (1:H);
      if strcmp(obj.output, 'last')
        steps = obj.order(ways{k}, T);
        last = dy(:, mine).';
        dy = zeros(H, T, N, class(last));
        dy(:, steps(end), :) = last;
      else
        dy = dy(mine, :, :);
      end
    end

    function y = gate(obj, z)
      switch obj.gateActivation
        case 'sigmoid'
          y = 1 ./ (1 + exp(-z));
        case 'hard-sigmoid'
          y = 0.2 * z + 0.5;
          y(z > 2.5) = 1;
          y(z < -2.5) = 0;
      end
    end

    function slope = gateSlope(obj, y)
      switch obj.gateActivation
        case 'sigmoid'
          slope = y .* (1 - y);
        case 'hard-sigmoid'
          slope = 0.2 * (y > 0 & y < 1);
      end
    end

    function y = state(obj, z)
      switch obj.stateActivation
        case 'tanh'
          y = tanh(z);
        case 'softsign'
          y = z ./ (1 + abs(z));
        case 'relu'
          y = z .* (z > 0);
      end
    end

    function slope = stateSlope(obj, y)
      switch obj.stateActivation
        case 'tanh'
          slope = 1 - y .* y;
        case 'softsign'
          slope = (1 - abs(y)) .^ 2;
        case 'relu'
          slope = cast(y > 0, class(y));
      end
    end

    function value = oneOf(~, option, value, known)
      if ~ischar(value) || ~any(strcmp(value, known))
        error('Gru:option', 'Gru: %s: wanted one of %s', option, strjoin(known, ', '));
      end
    end

    function check(obj, x, weights, recurrentWeights, bias)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('Gru:dtype', 'Gru: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 3 || isempty(x)
        error('Gru:shape', 'Gru: wanted x (D,T,N) with no empty side, got %s', mat2str(size(x)));
      end
      ways = numel(obj.ways());
      if ndims(weights) ~= 2 || size(weights, 2) ~= size(x, 1) || isempty(weights) || mod(size(weights, 1), 3 * ways)
        error('Gru:shape', 'Gru: weights %s do not fit x %s', mat2str(size(weights)), mat2str(size(x)));
      end
      rows = size(weights, 1);
      obj.checkParameter('weights', weights, size(weights), x);
      obj.checkParameter('recurrentWeights', recurrentWeights, [rows, rows / 3 / ways], x);
      if size(bias, 1) ~= 1
        bias = bias.';
      end
      if strcmp(obj.reset, 'recurrent-bias')
        rows = 2 * rows;
      end
      obj.checkParameter('bias', bias, [1, rows], x);
    end

    function checkParameter(~, parameter, value, wanted, x)
      if ~isequal(size(value), wanted)
        error('Gru:shape', 'Gru: wanted %s %s, got %s', parameter, mat2str(wanted), mat2str(size(value)));
      end
      if ~strcmp(class(value), class(x)) || ~isreal(value)
        error('Gru:dtype', 'Gru: wanted %s of class %s as x, got %s', parameter, class(x), class(value));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.walks)
        error('Gru:state', 'Gru: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('Gru:shape', 'Gru: wanted a struct with the field input');
      end
      dy = dout.input;
      wanted = cellfun(@(walk) walk.h, obj.walks, 'UniformOutput', false);
      wanted = size(obj.joined(wanted, obj.ways()));
      if ~isequal(size(dy), wanted)
        error('Gru:shape', 'Gru: wanted a gradient of %s, got %s', mat2str(wanted), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.x)) || ~isreal(dy)
        error('Gru:dtype', 'Gru: wanted a gradient of class %s, got %s', class(obj.x), class(dy));
      end
    end
  end
end
