classdef ScaleLayer < handle
%SCALELAYER Scale and shift each channel, or each element of an image: y = weights .* x + bias.
%   layer = ScaleLayer(name, index, inputLayer)
%   layer = ScaleLayer(name, index, inputLayer, dim)
%
%   y = layer.ForwardPropagation(x, weights, bias)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%
%   dim says where the channels are. 3, the default: images (H,W,C,N), where trailing ones may be missing; weights and
%   bias are (1,C), or (H,W,C). 2: rows (N,C). 1: sequences (C,T,N), where trailing ones may be missing. Weights and
%   bias of rows and sequences are (1,C). All single or all double.
%
%   For MATLAB R2016b or newer and for Octave.

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
    function obj = ScaleLayer(name, index, inputLayer, dim)
      if nargin >= 4
        if ~isnumeric(dim) || ~isscalar(dim) || ~any(dim == [1 2 3])
          error('ScaleLayer:option', 'ScaleLayer: wanted dim 2 (rows), 3 (images) or 1 (sequences)');
        end
        obj.dim = double(dim);
      end
      obj.name = name;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias)
      obj.check(x, weights, bias);
      obj.x = x;
      obj.weights = weights;
      y = obj.spread(weights) .* x + obj.spread(bias);
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      gradient = struct('input', dy .* obj.spread(obj.weights), 'weight', obj.sums(dy .* obj.x), 'bias', obj.sums(dy));
    end
  end

  methods (Access = private)
    function yes = elements(obj)
      yes = obj.dim == 3 && ~isequal(size(obj.weights), [1 size(obj.x, 3)]);
    end

    function value = spread(obj, value)
      if ~obj.elements()
        sizes = [1 1 1];
        sizes(obj.dim) = numel(value);
        value = reshape(value, sizes);
      end
    end

    function sums = sums(obj, values)
      if obj.elements()
        sums = sum(values, 4);
      else
        orders = {[2 3 1 4], [1 3 4 2], [2 1 4 3]};  % the channels last
        C = size(values, obj.dim);
        sums = sum(reshape(permute(values, orders{obj.dim}), numel(values) / C, C), 1);
      end
    end

    function check(obj, x, weights, bias)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('ScaleLayer:dtype', 'ScaleLayer: wanted x real single or double, got %s', class(x));
      end
      most = [3 2 4];
      if isempty(x) || ndims(x) > most(obj.dim)
        wanted = {'(C,T,N)', '(N,C)', '(H,W,C,N)'};
        error('ScaleLayer:shape', 'ScaleLayer: wanted x %s with no empty side, got %s', wanted{obj.dim}, mat2str(size(x)));
      end
      wanted = [1 size(x, obj.dim)];
      image = [size(x, 1) size(x, 2) size(x, 3)];
      if obj.dim == 3 && isequal([size(weights, 1) size(weights, 2) size(weights, 3)], image) && ndims(weights) < 4
        wanted = size(weights);
      end
      obj.checkParameter('weights', weights, wanted, x);
      obj.checkParameter('bias', bias, wanted, x);
    end

    function checkParameter(~, name, value, wanted, x)
      if ~isequal(size(value), wanted)
        error('ScaleLayer:shape', 'ScaleLayer: wanted %s %s, got %s', name, mat2str(wanted), mat2str(size(value)));
      end
      if ~strcmp(class(value), class(x)) || ~isreal(value)
        error('ScaleLayer:dtype', 'ScaleLayer: wanted %s of class %s as x, got %s', name, class(x), class(value));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.x)
        error('ScaleLayer:state', 'ScaleLayer: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('ScaleLayer:shape', 'ScaleLayer: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.x))
        error('ScaleLayer:shape', 'ScaleLayer: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.x)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.x)) || ~isreal(dy) || issparse(dy)
        error('ScaleLayer:dtype', 'ScaleLayer: wanted a gradient of class %s, got %s', class(obj.x), class(dy));
      end
    end
  end
end
