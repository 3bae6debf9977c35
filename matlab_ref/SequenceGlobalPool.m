classdef SequenceGlobalPool < handle
%SEQUENCEGLOBALPOOL The mean, or the maximum, of all steps of each channel: sequences become rows.
%   layer = SequenceGlobalPool(name, kind, index, inputLayer)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias ([] for both)
%
%   kind is 'avg' or 'max'; x is (C,T,N), where trailing ones may be missing; y and dy are (N,C). All single or all
%   double. Every maximum receives the full gradient. NaN is ignored unless a channel holds nothing else: then y is NaN
%   and nobody receives the gradient.
%
%   For MATLAB R2016b or newer and for Octave.

  properties (SetAccess = private)
    name
    kind
    index
    inputLayer
  end

  properties (Access = private)
    x = [];     % the last one
    y
    ySize
  end

  methods
    function obj = SequenceGlobalPool(name, kind, index, inputLayer)
      if ~ischar(kind) || ~any(strcmp(kind, {'avg', 'max'}))
        error('SequenceGlobalPool:option', 'SequenceGlobalPool: kind: wanted avg or max');
      end
      obj.name = name;
      obj.kind = kind;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, ~, ~)
      obj.checkSequences(x);
      if strcmp(obj.kind, 'avg')
        answer = sum(x, 2) / size(x, 2);
      else
        answer = max(x, [], 2);
      end
      obj.x = x;
      obj.y = answer;
      y = reshape(answer, size(x, 1), size(x, 3)).';
      obj.ySize = size(y);
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      given = reshape(dy.', size(obj.y));
      if strcmp(obj.kind, 'avg')
        dx = repmat(given / size(obj.x, 2), [1, size(obj.x, 2)]);
      else
        % By a mask, not by a product: an infinite gradient stays where it belongs.
        dx = repmat(given, [1, size(obj.x, 2)]);
        dx(obj.x ~= obj.y) = 0;
      end
      gradient = struct('input', 0 + dx, 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function checkSequences(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('SequenceGlobalPool:dtype', 'SequenceGlobalPool: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 3 || isempty(x)
        error('SequenceGlobalPool:shape', ...
              'SequenceGlobalPool: wanted x (C,T,N) with no empty side, got %s', mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.x)
        error('SequenceGlobalPool:state', 'SequenceGlobalPool: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('SequenceGlobalPool:shape', 'SequenceGlobalPool: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), obj.ySize)
        error('SequenceGlobalPool:shape', ...
              'SequenceGlobalPool: wanted a gradient of %s, got %s', mat2str(obj.ySize), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.x)) || ~isreal(dy) || issparse(dy)
        error('SequenceGlobalPool:dtype', ...
              'SequenceGlobalPool: wanted a gradient of class %s, got %s', class(obj.x), class(dy));
      end
    end
  end
end
