classdef GroupNorm < handle
%GROUPNORM Normalise each group of channels of each image over its pixels, then scale and shift each channel.
%   layer = GroupNorm(name, groups, epsilon, index, inputLayer)
%
%   y = layer.ForwardPropagation(x, weights, bias)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%
%   x, y, dy are (H,W,C,N), where trailing ones may be missing; weights and bias are (1,C); all single or all double.
%   groups divides C, and channels that follow one another are in one group: 1 normalises whole images, C each channel.
%
%       y = weights .* (x - mean) ./ sqrt(variance + epsilon) + bias
%
%   The variance is the biased one. For MATLAB R2016b or newer and for Octave.

  properties (SetAccess = private)
    name
    groups
    epsilon
    index
    inputLayer
  end

  properties (Access = private)
    x = [];     % the last one
    xhat        % (pixels and channels of a group, groups of all images)
    root        % (1, groups of all images)
    weights     % (1,1,C)
  end

  methods
    function obj = GroupNorm(name, groups, epsilon, index, inputLayer)
      if ~isnumeric(groups) || ~isscalar(groups) || ~(groups >= 1 && groups == floor(groups) && isfinite(groups))
        error('GroupNorm:option', 'GroupNorm: wanted a whole number of groups >= 1');
      end
      if ~isnumeric(epsilon) || ~isscalar(epsilon) || ~(isfinite(epsilon) && epsilon >= 0)
        error('GroupNorm:option', 'GroupNorm: wanted a finite epsilon >= 0');
      end
      obj.name = name;
      obj.groups = groups;
      obj.epsilon = epsilon;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias)
      obj.check(x, weights, bias);
      columns = obj.toGroups(x);
      n = size(columns, 1);
      centred = columns - sum(columns, 1) / n;
      obj.root = sqrt(sum(centred .* centred, 1) / n + obj.epsilon);
      obj.xhat = centred ./ obj.root;
      obj.weights = reshape(weights, 1, 1, []);
      obj.x = x;
      y = reshape(obj.xhat, size(x)) .* obj.weights + reshape(bias, 1, 1, []);
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      dxhat = obj.toGroups(dy .* obj.weights);
      n = size(dxhat, 1);
      dx = (dxhat - sum(dxhat, 1) / n - obj.xhat .* (sum(dxhat .* obj.xhat, 1) / n)) ./ obj.root;
      dweight = obj.channelSums(dy .* reshape(obj.xhat, size(obj.x)));
      gradient = struct('input', reshape(dx, size(obj.x)), 'weight', dweight, 'bias', obj.channelSums(dy));
    end
  end

  methods (Access = private)
    function columns = toGroups(obj, x)
      columns = reshape(x, size(x, 1) * size(x, 2) * size(x, 3) / obj.groups, obj.groups * size(x, 4));
    end

    function sums = channelSums(~, values)
      pixels = permute(values, [2 1 4 3]);
      sums = sum(reshape(pixels, numel(values) / size(values, 3), size(values, 3)), 1);
    end

    function check(obj, x, weights, bias)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('GroupNorm:dtype', 'GroupNorm: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('GroupNorm:shape', 'GroupNorm: wanted x (H,W,C,N) with no empty side, got %s', mat2str(size(x)));
      end
      C = size(x, 3);
      if mod(C, obj.groups)
        error('GroupNorm:shape', 'GroupNorm: %d groups do not divide %d channels', obj.groups, C);
      end
      obj.checkParameter('weights', weights, [1 C], x);
      obj.checkParameter('bias', bias, [1 C], x);
    end

    function checkParameter(~, name, value, wanted, x)
      if ~isequal(size(value), wanted)
        error('GroupNorm:shape', 'GroupNorm: wanted %s %s, got %s', name, mat2str(wanted), mat2str(size(value)));
      end
      if ~strcmp(class(value), class(x)) || ~isreal(value)
        error('GroupNorm:dtype', 'GroupNorm: wanted %s of class %s as x, got %s', name, class(x), class(value));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.x)
        error('GroupNorm:state', 'GroupNorm: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('GroupNorm:shape', 'GroupNorm: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.x))
        error('GroupNorm:shape', 'GroupNorm: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.x)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.x)) || ~isreal(dy) || issparse(dy)
        error('GroupNorm:dtype', 'GroupNorm: wanted a gradient of class %s, got %s', class(obj.x), class(dy));
      end
    end
  end
end
