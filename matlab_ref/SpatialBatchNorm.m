classdef SpatialBatchNorm < handle
%SPATIALBATCHNORM Batch normalisation of images, one mean and variance for each channel.
%   layer = SpatialBatchNorm(name, epsilon, momentum, index, inputLayer)
%
%   y = layer.ForwardPropagation(x, weights, bias)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%   layer.IsTraining(false)                                     running statistics from now on
%
%   x, y, dy are (H,W,C,N), where trailing ones may be missing; weights and bias are (1,C).
%   For MATLAB R2016b or newer, which expands (N,D) with (1,D), and for Octave.
%
%   The images are permuted to (W,C,H,N), flattened by reshape_row_major to (W*H*N,C), handed to
%   an ordinary BatchNorm, and brought back the same way. The inner BatchNorm holds the running
%   statistics and every node of the computational graph; row (n-1)*H*W + (h-1)*W + w of a node
%   belongs to pixel (h,w) of image n.

  properties (SetAccess = private)
    name
    index
    inputLayer
    inner       % the BatchNorm that does the work
  end

  properties (Access = private)
    imageSize = [];
  end

  methods
    function obj = SpatialBatchNorm(name, epsilon, momentum, index, inputLayer)
      obj.name = name;
      obj.index = index;
      obj.inputLayer = inputLayer;
      obj.inner = BatchNorm(name, epsilon, momentum, index, inputLayer);
    end

    function y = ForwardPropagation(obj, x, weights, bias)
      rows = obj.toRows(x);
      y = obj.toImages(obj.inner.ForwardPropagation(rows, weights, bias), size(x));
      obj.imageSize = size(x);
    end

    function gradient = BackwardPropagation(obj, dout)
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('SpatialBatchNorm:shape', 'SpatialBatchNorm: wanted a struct with the field input');
      end
      dy = dout.input;
      % A gradient of as many pixels in another shape would pass the inner layer unseen.
      if ~isempty(obj.imageSize) && ~isequal(size(dy), obj.imageSize)
        error('SpatialBatchNorm:shape', 'SpatialBatchNorm: wanted a gradient of %s, got %s', ...
              mat2str(obj.imageSize), mat2str(size(dy)));
      end
      gradient = obj.inner.BackwardPropagation(struct('input', obj.toRows(dy)));
      gradient.input = obj.toImages(gradient.input, size(dy));
    end

    function IsTraining(obj, flag)
      obj.inner.IsTraining(flag);
    end
  end

  methods (Access = private)
    function rows = toRows(~, x)
      if ndims(x) > 4 || isempty(x)
        error('SpatialBatchNorm:shape', 'SpatialBatchNorm: wanted x (H,W,C,N) with no empty side, got %s', ...
              mat2str(size(x)));
      end
      C = size(x, 3);
      rows = reshape_row_major(permute(x, [2 3 1 4]), [numel(x) / C, C]);
    end

    function x = toImages(~, rows, shape)
      shape(end + 1:4) = 1;
      x = permute(reshape_row_major(rows, shape([2 3 1 4])), [3 1 2 4]);
    end
  end
end
