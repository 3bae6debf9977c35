classdef PRelu < handle
%PRELU The parametric rectifier: x where x >= 0, otherwise weights .* x, with a weight for each channel.
%   layer = PRelu(name, index, inputLayer)
%   layer = PRelu(name, index, inputLayer, dim)
%
%   y = layer.ForwardPropagation(x, weights)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias ([])
%
%   dim says where the channels are. 3, the default: images (H,W,C,N), where trailing ones may be missing. 2: rows
%   (N,C). 1: sequences (C,T,N), where trailing ones may be missing. Weights are (1,C). All single or all double.
%
%   The derivative at 0 is 1. NaN stays NaN, with a gradient of weights .* dy. For MATLAB R2016b or newer and for
%   Octave.

  properties (SetAccess = private)
    name
    index
    inputLayer
    dim = 3;
  end

  properties (Access = private)
    x = [];     % the last one
    weights
  end

  methods
    function obj = PRelu(name, index, inputLayer, dim)
      if nargin >= 4
        if ~isnumeric(dim) || ~isscalar(dim) || ~any(dim == [1 2 3])
          error('PRelu:option', 'PRelu: wanted dim 2 (rows), 3 (images) or 1 (sequences)');
        end
        obj.dim = double(dim);
      end
      obj.name = name;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias) %#ok<INUSD>
      obj.check(x, weights);
      sizes = [1 1 1];
      sizes(obj.dim) = numel(weights);
      obj.weights = reshape(weights, sizes);
      obj.x = x;
      y = obj.weights .* x;
      y(x >= 0) = x(x >= 0);
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      positive = obj.x >= 0;
      dx = obj.weights .* dy;
      dx(positive) = dy(positive);
      by = dy .* obj.x;
      by(positive) = 0;
      orders = {[2 3 1 4], [1 3 4 2], [2 1 4 3]};  % the channels last
      C = numel(obj.weights);
      dweight = sum(reshape(permute(by, orders{obj.dim}), numel(by) / C, C), 1);
      gradient = struct('input', dx, 'weight', dweight, 'bias', []);
    end
  end

  methods (Access = private)
    function check(obj, x, weights)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('PRelu:dtype', 'PRelu: wanted x real single or double, got %s', class(x));
      end
      most = [3 2 4];
      if isempty(x) || ndims(x) > most(obj.dim)
        wanted = {'(C,T,N)', '(N,C)', '(H,W,C,N)'};
        error('PRelu:shape', 'PRelu: wanted x %s with no empty side, got %s', wanted{obj.dim}, mat2str(size(x)));
      end
      obj.checkParameter('weights', weights, [1 size(x, obj.dim)], x);
    end

    function checkParameter(~, name, value, wanted, x)
      if ~isequal(size(value), wanted)
        error('PRelu:shape', 'PRelu: wanted %s %s, got %s', name, mat2str(wanted), mat2str(size(value)));
      end
      if ~strcmp(class(value), class(x)) || ~isreal(value)
        error('PRelu:dtype', 'PRelu: wanted %s of class %s as x, got %s', name, class(x), class(value));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.x)
        error('PRelu:state', 'PRelu: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('PRelu:shape', 'PRelu: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.x))
        error('PRelu:shape', 'PRelu: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.x)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.x)) || ~isreal(dy) || issparse(dy)
        error('PRelu:dtype', 'PRelu: wanted a gradient of class %s, got %s', class(obj.x), class(dy));
      end
    end
  end
end
