classdef GlobalMaxPoolLayer < handle
%GLOBALMAXPOOLLAYER The largest pixel of each channel of each image.
%   layer = GlobalMaxPoolLayer(name, index, inputLayer)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias ([] for both)
%
%   x is (H,W,C,N), where trailing ones may be missing; y is (1,1,C,N). All single or all double.
%
%   Every maximum of a channel receives the full gradient. NaN is ignored unless a channel holds nothing
%   else: then y is NaN and nobody receives the gradient.
%
%   For MATLAB R2016b or newer and for Octave.

  properties (SetAccess = private)
    name
    index
    inputLayer
  end

  properties (Access = private)
    x = [];         % the last one
    y = [];         % and what came of it
    xSize = [];     % (1,4)
    xClass = '';
  end

  methods
    function obj = GlobalMaxPoolLayer(name, index, inputLayer)
      obj.name = name;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, ~, ~)
      obj.checkImages(x);
      [H, W, C, N] = size(x);
      y = reshape(max(reshape(x, H * W, C * N), [], 1), [1, 1, C, N]);
      obj.x = x;
      obj.y = y;
      obj.xSize = [H, W, C, N];
      obj.xClass = class(x);
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      % By a mask, not by a product: an infinite gradient stays where it belongs.
      part = repmat(dy, obj.xSize(1:2));
      part(obj.x ~= obj.y) = 0;
      dx = 0 + part;    % as in a sum from +0: -0 becomes +0
      gradient = struct('input', dx, 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function checkImages(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('GlobalMaxPoolLayer:dtype', 'GlobalMaxPoolLayer: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('GlobalMaxPoolLayer:shape', 'GlobalMaxPoolLayer: wanted x (H,W,C,N) with no empty side, got %s', ...
              mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.xSize)
        error('GlobalMaxPoolLayer:state', 'GlobalMaxPoolLayer: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('GlobalMaxPoolLayer:shape', 'GlobalMaxPoolLayer: wanted a struct with the field input');
      end
      dy = dout.input;
      wanted = [1, 1, obj.xSize(3:4)];
      [rows, columns, C, N] = size(dy);
      if ndims(dy) > 4 || ~isequal([rows, columns, C, N], wanted)
        error('GlobalMaxPoolLayer:shape', 'GlobalMaxPoolLayer: wanted a gradient of %s, got %s', ...
              mat2str(wanted), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), obj.xClass) || ~isreal(dy) || issparse(dy)
        error('GlobalMaxPoolLayer:dtype', 'GlobalMaxPoolLayer: wanted a gradient of class %s, got %s', ...
              obj.xClass, class(dy));
      end
    end
  end
end
