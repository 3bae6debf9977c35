classdef LayerNorm < handle
%LAYERNORM Normalise each row, or each step of sequences, over its channels, then scale and shift it.
%   layer = LayerNorm(name, epsilon, index, inputLayer)
%   layer = LayerNorm(name, epsilon, index, inputLayer, 'CTN')
%
%   y = layer.ForwardPropagation(x, weights, bias)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%
%   x, y, dy are rows (N,D) or, with 'CTN', sequences (D,T,N), where trailing ones may be missing; weights and bias
%   are (1,D); all single or all double.
%
%       y = weights .* (x - mean) ./ sqrt(variance + epsilon) + bias
%
%   The variance is the biased one (1/D). For MATLAB R2016b or newer and for Octave.

  properties (SetAccess = private)
    name
    epsilon
    index
    inputLayer
    sequences = false;
  end

  properties (Access = private)
    x = [];     % the last one
    xhat        % (N,D)
    root        % (N,1)
    weights
  end

  methods
    function obj = LayerNorm(name, epsilon, index, inputLayer, layout)
      if nargin >= 5
        if ~isempty(layout) && ~isequal(layout, 'CTN')
          error('LayerNorm:option', 'LayerNorm: wanted the layout ''CTN'', or none');
        end
        obj.sequences = ~isempty(layout);
      end
      if ~isnumeric(epsilon) || ~isscalar(epsilon) || ~(isfinite(epsilon) && epsilon >= 0)
        error('LayerNorm:option', 'LayerNorm: wanted a finite epsilon >= 0');
      end
      obj.name = name;
      obj.epsilon = epsilon;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias)
      obj.check(x, weights, bias);
      rows = obj.toRows(x);
      D = size(rows, 2);
      centred = rows - sum(rows, 2) / D;
      obj.root = sqrt(sum(centred .* centred, 2) / D + obj.epsilon);
      obj.xhat = centred ./ obj.root;
      obj.weights = weights;
      obj.x = x;
      y = obj.fromRows(obj.xhat .* weights + bias);
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.toRows(obj.checkGradient(dout));
      D = size(dy, 2);
      dxhat = dy .* obj.weights;
      dx = (dxhat - sum(dxhat, 2) / D - obj.xhat .* (sum(dxhat .* obj.xhat, 2) / D)) ./ obj.root;
      gradient = struct('input', obj.fromRows(dx), 'weight', sum(dy .* obj.xhat, 1), 'bias', sum(dy, 1));
    end
  end

  methods (Access = private)
    function rows = toRows(obj, x)
      rows = x;
      if obj.sequences
        rows = reshape(x, size(x, 1), size(x, 2) * size(x, 3)).';
      end
    end

    function x = fromRows(obj, rows)
      x = rows;
      if obj.sequences
        x = reshape(rows.', size(obj.x));
      end
    end

    function check(obj, x, weights, bias)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('LayerNorm:dtype', 'LayerNorm: wanted x real single or double, got %s', class(x));
      end
      if isempty(x) || ndims(x) > 2 + obj.sequences
        wanted = {'(N,D)', '(D,T,N)'};
        error('LayerNorm:shape', 'LayerNorm: wanted x %s with no empty side, got %s', ...
              wanted{1 + obj.sequences}, mat2str(size(x)));
      end
      D = size(x, 2 - obj.sequences);
      obj.checkParameter('weights', weights, [1 D], x);
      obj.checkParameter('bias', bias, [1 D], x);
    end

    function checkParameter(~, name, value, wanted, x)
      if ~isequal(size(value), wanted)
        error('LayerNorm:shape', 'LayerNorm: wanted %s %s, got %s', name, mat2str(wanted), mat2str(size(value)));
      end
      if ~strcmp(class(value), class(x)) || ~isreal(value)
        error('LayerNorm:dtype', 'LayerNorm: wanted %s of class %s as x, got %s', name, class(x), class(value));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.x)
        error('LayerNorm:state', 'LayerNorm: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('LayerNorm:shape', 'LayerNorm: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.x))
        error('LayerNorm:shape', 'LayerNorm: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.x)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.x)) || ~isreal(dy) || issparse(dy)
        error('LayerNorm:dtype', 'LayerNorm: wanted a gradient of class %s, got %s', class(obj.x), class(dy));
      end
    end
  end
end
