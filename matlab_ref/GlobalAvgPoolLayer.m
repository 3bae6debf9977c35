classdef GlobalAvgPoolLayer < handle
%GLOBALAVGPOOLLAYER The mean of all pixels of each channel of each image.
%   layer = GlobalAvgPoolLayer(name, index, inputLayer)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias ([] for both)
%
%   x is (H,W,C,N), where trailing ones may be missing; y is (1,1,C,N). All single or all double.
%
%   Pixels add up column by column of the image, one after the other, from +0.
%
%   For MATLAB R2016b or newer and for Octave.

  properties (SetAccess = private)
    name
    index
    inputLayer
  end

  properties (Access = private)
    xSize = [];     % (1,4), of the last x
    xClass = '';
  end

  methods
    function obj = GlobalAvgPoolLayer(name, index, inputLayer)
      obj.name = name;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, ~, ~)
      obj.checkImages(x);
      [H, W, C, N] = size(x);
      y = reshape(sum(reshape(x, H * W, C * N), 1) / (H * W), [1, 1, C, N]);
      obj.xSize = [H, W, C, N];
      obj.xClass = class(x);
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      share = 0 + dy / prod(obj.xSize(1:2));    % as in a sum from +0: a share of -0 becomes +0
      dx = repmat(share, obj.xSize(1:2));
      gradient = struct('input', dx, 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function checkImages(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('GlobalAvgPoolLayer:dtype', 'GlobalAvgPoolLayer: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('GlobalAvgPoolLayer:shape', 'GlobalAvgPoolLayer: wanted x (H,W,C,N) with no empty side, got %s', ...
              mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.xSize)
        error('GlobalAvgPoolLayer:state', 'GlobalAvgPoolLayer: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('GlobalAvgPoolLayer:shape', 'GlobalAvgPoolLayer: wanted a struct with the field input');
      end
      dy = dout.input;
      wanted = [1, 1, obj.xSize(3:4)];
      [rows, columns, C, N] = size(dy);
      if ndims(dy) > 4 || ~isequal([rows, columns, C, N], wanted)
        error('GlobalAvgPoolLayer:shape', 'GlobalAvgPoolLayer: wanted a gradient of %s, got %s', ...
              mat2str(wanted), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), obj.xClass) || ~isreal(dy) || issparse(dy)
        error('GlobalAvgPoolLayer:dtype', 'GlobalAvgPoolLayer: wanted a gradient of class %s, got %s', ...
              obj.xClass, class(dy));
      end
    end
  end
end
