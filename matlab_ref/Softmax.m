classdef Softmax < handle
%SOFTMAX Scores to probabilities: exp(x) ./ sum(exp(x)) along one dimension, shifted by the largest.
%   layer = Softmax(name, index, inputLayer)
%   layer = Softmax(name, index, inputLayer, dim)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%
%   x, y, dy are single or double. dim = 2, the default: rows (N,D), over D. dim = 3: images (H,W,C,N), where
%   trailing ones may be missing, over C. dim = 1: sequences (C,T,N), over C. There are no weights and no bias.
%
%   For MATLAB R2016b or newer, which expands (N,D) with (N,1), and for Octave.

  properties (SetAccess = private)
    name
    index
    inputLayer
    dim = 2;
  end

  properties (Access = private)
    y           % of the last forward
    hasCache = false;
  end

  methods
    function obj = Softmax(name, index, inputLayer, dim)
      if nargin >= 4
        if ~isnumeric(dim) || ~isscalar(dim) || ~any(dim == [1 2 3])
          error('Softmax:option', 'Softmax: wanted dim 2 (rows), 3 (images) or 1 (sequences)');
        end
        obj.dim = double(dim);
      end
      obj.name = name;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias) %#ok<INUSD>
      obj.check(x);
      powers = exp(x - max(x, [], obj.dim));
      obj.y = powers ./ sum(powers, obj.dim);
      obj.hasCache = true;
      y = obj.y;
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      dx = obj.y .* (dy - sum(dy .* obj.y, obj.dim));
      gradient = struct('input', dx, 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function check(obj, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('Softmax:dtype', 'Softmax: wanted x real single or double, got %s', class(x));
      end
      most = [3 2 4];
      if isempty(x) || ndims(x) > most(obj.dim)
        wanted = {'(C,T,N)', '(N,D)', '(H,W,C,N)'};
        error('Softmax:shape', 'Softmax: wanted x %s with no empty side, got %s', ...
              wanted{obj.dim}, mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if ~obj.hasCache
        error('Softmax:state', 'Softmax: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('Softmax:shape', 'Softmax: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.y))
        error('Softmax:shape', 'Softmax: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.y)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.y)) || ~isreal(dy) || issparse(dy)
        error('Softmax:dtype', 'Softmax: wanted a gradient of class %s, got %s', class(obj.y), class(dy));
      end
    end
  end
end
