classdef Lstm < handle
%LSTM The long short-term memory: a hidden state and a cell, walked along the steps of sequences.
%   layer = Lstm(name, output, direction, gateActivation, stateActivation, index, inputLayer)
%
%   y = layer.ForwardPropagation(x, weights, recurrentWeights, bias)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, recurrent_weight, bias
%
%   x is (D,T,N), where trailing ones may be missing: N sequences of T steps. weights are (4H,D), recurrentWeights
%   (4H,H), bias has 4H elements, one row or one column: the rows of the input gate i, then of the forget gate f,
%   of what is written g, of the output gate o. All single or all double.
%
%       [i; f; g; o] = weights * x(t) + recurrentWeights * h(t-1) + bias
%       c(t) = f .* c(t-1) + i .* g,   h(t) = o .* state(c(t))
%
%   i, f and o go through the gate activation, 'sigmoid' or 'hard-sigmoid', g through the state activation, 'tanh',
%   'softsign' or 'relu'. h and c are zero before the first step.
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
    gateActivation
    stateActivation
  end

  properties (Access = private)
    x = [];       % of the last forward
    biasSize
    walks = {};   % for each direction, all that a backward needs of it
  end

  methods
    function obj = Lstm(name, output, direction, gateActivation, stateActivation, index, inputLayer)
      obj.output = obj.oneOf('output', output, {'sequence', 'last'});
      obj.direction = obj.oneOf('direction', direction, {'forward', 'backward', 'both'});
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
        walk = obj.walkThrough(x, weights(part, :), recurrentWeights(part, :), bias(part), ways{k});
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
      [walk.i, walk.f, walk.g, walk.o, walk.c, walk.h, walk.s] = deal(zeros(H, T, N, class(x)));
      [walk.cBefore, walk.hBefore] = deal(zeros(H, T, N, class(x)));
      h = zeros(H, N, class(x));
      c = h;
      for t = obj.order(way, T)
        z = W * reshape(x(:, t, :), size(x, 1), N) + R * h + b(:);
        i = obj.gate(z(1:H, :));
        f = obj.gate(z(H + 1:2 * H, :));
        g = obj.state(z(2 * H + 1:3 * H, :));
        o = obj.gate(z(3 * H + 1:4 * H, :));
        walk.cBefore(:, t, :) = c;
        walk.hBefore(:, t, :) = h;
        c = f .* c + i .* g;
        s = obj.state(c);
        h = o .* s;
        walk.i(:, t, :) = i;
        walk.f(:, t, :) = f;
        walk.g(:, t, :) = g;
        walk.o(:, t, :) = o;
        walk.c(:, t, :) = c;
        walk.s(:, t, :) = s;
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
      db = zeros(4 * H, 1, class(dy));
      dh = zeros(H, N, class(dy));
      dc = dh;
      for t = fliplr(obj.order(way, T))
        i = reshape(walk.i(:, t, :), H, N);
        f = reshape(walk.f(:, t, :), H, N);
        g = reshape(walk.g(:, t, :), H, N);
        o = reshape(walk.o(:, t, :), H, N);
        s = reshape(walk.s(:, t, :), H, N);
        cBefore = reshape(walk.cBefore(:, t, :), H, N);
        dh = dh + reshape(dy(:, t, :), H, N);
        dc = dc + dh .* o .* obj.stateSlope(s);
        dz = [dc .* g .* obj.gateSlope(i)
              dc .* cBefore .* obj.gateSlope(f)
              dc .* i .* obj.stateSlope(g)
              dh .* s .* obj.gateSlope(o)];
        dW = dW + dz * reshape(obj.x(:, t, :), size(obj.x, 1), N)';
        dR = dR + dz * reshape(walk.hBefore(:, t, :), H, N)';
        db = db + sum(dz, 2);
        dx(:, t, :) = walk.W' * dz;
        dh = walk.R' * dz;
        dc = dc .* f;
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
        error('Lstm:option', 'Lstm: %s: wanted one of %s', option, strjoin(known, ', '));
      end
    end

    function check(obj, x, weights, recurrentWeights, bias)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('Lstm:dtype', 'Lstm: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 3 || isempty(x)
        error('Lstm:shape', 'Lstm: wanted x (D,T,N) with no empty side, got %s', mat2str(size(x)));
      end
      ways = numel(obj.ways());
      if ndims(weights) ~= 2 || size(weights, 2) ~= size(x, 1) || isempty(weights) || mod(size(weights, 1), 4 * ways)
        error('Lstm:shape', 'Lstm: weights %s do not fit x %s', mat2str(size(weights)), mat2str(size(x)));
      end
      rows = size(weights, 1);
      obj.checkParameter('weights', weights, size(weights), x);
      obj.checkParameter('recurrentWeights', recurrentWeights, [rows, rows / 4 / ways], x);
      if size(bias, 1) ~= 1
        bias = bias.';
      end
      obj.checkParameter('bias', bias, [1, rows], x);
    end

    function checkParameter(~, parameter, value, wanted, x)
      if ~isequal(size(value), wanted)
        error('Lstm:shape', 'Lstm: wanted %s %s, got %s', parameter, mat2str(wanted), mat2str(size(value)));
      end
      if ~strcmp(class(value), class(x)) || ~isreal(value)
        error('Lstm:dtype', 'Lstm: wanted %s of class %s as x, got %s', parameter, class(x), class(value));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.walks)
        error('Lstm:state', 'Lstm: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('Lstm:shape', 'Lstm: wanted a struct with the field input');
      end
      dy = dout.input;
      wanted = cellfun(@(walk) walk.h, obj.walks, 'UniformOutput', false);
      wanted = size(obj.joined(wanted, obj.ways()));
      if ~isequal(size(dy), wanted)
        error('Lstm:shape', 'Lstm: wanted a gradient of %s, got %s', mat2str(wanted), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.x)) || ~isreal(dy)
        error('Lstm:dtype', 'Lstm: wanted a gradient of class %s, got %s', class(obj.x), class(dy));
      end
    end
  end
end
