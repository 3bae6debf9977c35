classdef FullyConnected < handle
%FULLYCONNECTED Multiply rows by a matrix and add a bias.
%   layer = FullyConnected(name, M, index, inputLayer)
%   layer = FullyConnected(name, M, index, inputLayer, 'CTN')
%
%   y = layer.ForwardPropagation(x, weights, bias)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%
%   weights are (D,M), bias is (1,M), y and dy are (N,M); all single or all double. x is one of
%     (N,D)      rows: two dimensions, as many columns as weights has rows
%     (H,W,C,N)  images of D = H*W*C pixels, where trailing ones may be missing
%   and with 'CTN' nothing but
%     (D,T,N)    sequences, where trailing ones may be missing; y and dy are (M,T,N): every step is a row
%   An image is flattened channel by channel, row by row: w changes first, then h, then c.
%   The gradient of x has the size of x.
%
%   For MATLAB R2016b or newer, which expands (N,M) with (1,M), and for Octave.

  properties (SetAccess = private)
    name
    index
    inputLayer
    numOutput
    sequences = false;
  end

  properties (Access = private)
    rows = [];      % (N,D) of the last forward
    weights = [];
    xSize = [];
  end

  methods
    function obj = FullyConnected(name, M, index, inputLayer, layout)
      if nargin >= 5
        if ~isempty(layout) && ~isequal(layout, 'CTN')
          error('FullyConnected:option', 'FullyConnected: wanted the layout ''CTN'', or none');
        end
        obj.sequences = ~isempty(layout);
      end
      if ~isnumeric(M) || ~isscalar(M) || ~(M >= 1 && M == floor(M) && isfinite(M))
        error('FullyConnected:option', 'FullyConnected: wanted a whole number of outputs >= 1');
      end
      obj.name = name;
      obj.numOutput = M;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias)
      obj.check(x, weights, bias);
      rows = obj.toRows(x, size(weights, 1));
      y = rows * weights;
      y = y + bias;
      if obj.sequences
        y = reshape(y.', obj.numOutput, size(x, 2), size(x, 3));
      end
      obj.rows = rows;
      obj.weights = weights;
      obj.xSize = size(x);
    end

    function gradient = BackwardPropagation(obj, dout)
      if isempty(obj.rows)
        error('FullyConnected:state', 'FullyConnected: backward wants a forward before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('FullyConnected:shape', 'FullyConnected: wanted a struct with the field input');
      end
      dy = dout.input;
      wanted = [size(obj.rows, 1), obj.numOutput];
      if obj.sequences
        wanted = size(zeros([obj.numOutput, obj.xSize(2:end)]));
      end
      if ~isequal(size(dy), wanted)
        error('FullyConnected:shape', 'FullyConnected: wanted a gradient of %s, got %s', ...
              mat2str(wanted), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.rows)) || ~isreal(dy)
        error('FullyConnected:dtype', 'FullyConnected: wanted a gradient of class %s, got %s', ...
              class(obj.rows), class(dy));
      end
      if obj.sequences
        dy = reshape(dy, obj.numOutput, size(obj.rows, 1)).';
      end
      dx = dy * obj.weights';
      dweights = obj.rows' * dy;
      gradient = struct('input', obj.fromRows(dx), 'weight', dweights, 'bias', sum(dy, 1));
    end
  end

  methods (Access = private)
    function rows = toRows(obj, x, D)
      if obj.sequences
        rows = reshape(x, D, numel(x) / D).';
      elseif ndims(x) == 2 && size(x, 2) == D
        rows = x;
      else
        rows = reshape(permute(x, [2 1 3 4]), D, numel(x) / D).';
      end
    end

    function x = fromRows(obj, rows)
      shape = obj.xSize;
      if obj.sequences
        x = reshape(rows.', shape);
      elseif isequal(shape, size(rows))
        x = rows;
      else
        shape(end + 1:4) = 1;
        x = permute(reshape(rows.', shape([2 1 3 4])), [2 1 3 4]);
      end
    end

    function check(obj, x, weights, bias)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('FullyConnected:dtype', 'FullyConnected: wanted x real single or double, got %s', class(x));
      end
      if obj.sequences && (ndims(x) > 3 || isempty(x) || size(x, 1) ~= size(weights, 1))
        error('FullyConnected:shape', 'FullyConnected: wanted x (D,T,N) that fits weights %s, got %s', ...
              mat2str(size(weights)), mat2str(size(x)));
      end
      if ndims(x) > 4 || isempty(x)
        error('FullyConnected:shape', 'FullyConnected: wanted x (N,D) or (H,W,C,N) with no empty side, got %s', ...
              mat2str(size(x)));
      end
      D = size(weights, 1);
      isRows = ndims(x) == 2 && size(x, 2) == D;
      isImages = size(x, 1) * size(x, 2) * size(x, 3) == D;
      if ndims(weights) ~= 2 || ~(isRows || isImages || obj.sequences)
        error('FullyConnected:shape', 'FullyConnected: weights %s do not fit x %s', ...
              mat2str(size(weights)), mat2str(size(x)));
      end
      obj.checkParameter('weights', weights, [D obj.numOutput], x);
      obj.checkParameter('bias', bias, [1 obj.numOutput], x);
    end

    function checkParameter(~, name, value, wanted, x)
      if ~isequal(size(value), wanted)
        error('FullyConnected:shape', 'FullyConnected: wanted %s %s, got %s', ...
              name, mat2str(wanted), mat2str(size(value)));
      end
      if ~strcmp(class(value), class(x)) || ~isreal(value)
        error('FullyConnected:dtype', 'FullyConnected: wanted %s of class %s as x, got %s', ...
              name, class(x), class(value));
      end
    end
  end
end
