classdef TransposedConvolutionLayer < handle
%TRANSPOSEDCONVOLUTIONLAYER Put a filter, scaled by the pixel, down at each pixel's place, and add up.
%   layer = TransposedConvolutionLayer(name, kH, kW, stride, crop, F, index, inputLayer)
%   layer = TransposedConvolutionLayer(name, kH, kW, stride, crop, F, index, inputLayer, groups)
%
%   y = layer.ForwardPropagation(x, weights, bias)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%
%   x is (H,W,C,N), weights are (kH,kW,F/groups,C), where trailing ones may be missing, and bias is (F,1);
%   all single or all double. y and dy are (H',W',F,N) with
%     H' = (H - 1)*stride(1) + kH - top - bottom,   W' alike; less than 1 is an error.
%   stride is one number or [vertical horizontal]; crop, what is cut off at the sides, is one number,
%   [vertical horizontal] or [top bottom left right]. groups cuts the channels of x and of y into as many
%   blocks, each made from its own block alone.
%
%   For MATLAB R2016b or newer, which expands (H,W,F,N) with (1,1,F), and for Octave.
%
%   It is the gradient of a convolution by its input, used as a forward; the convolution is the backward.
%   What a pixel puts down is a row of a matrix, one row a pixel, one column a spot of the window and a
%   channel of y, so that all of it is one matrix product a group.

  properties (SetAccess = private)
    name
    kernel          % [kH kW]
    stride          % [vertical horizontal]
    crop            % [top bottom left right]
    numFilters
    index
    inputLayer
    groups = 1;
  end

  properties (Access = private)
    pixels = [];    % (H*W*N, C): h, w, n down, the first fastest
    filters = [];   % (kH*kW*F/groups, C): i, j, f down, the first fastest
    xSize = [];     % [H W C N]
    ySize = [];     % [H' W' F N]
  end

  methods
    function obj = TransposedConvolutionLayer(name, kH, kW, stride, crop, F, index, inputLayer, groups)
      if nargin < 9
        groups = 1;
      end
      obj.name = name;
      obj.kernel = [obj.whole('kH', kH, 1, 1), obj.whole('kW', kW, 1, 1)];
      stride = obj.whole('stride', stride, 1, [1 2]);
      obj.stride = stride([1 end]);
      crop = obj.whole('crop', crop, 0, [1 2 4]);
      if numel(crop) < 4
        crop = crop([1 1 end end]);
      end
      obj.crop = crop;
      obj.numFilters = obj.whole('F', F, 1, 1);
      obj.index = index;
      obj.inputLayer = inputLayer;
      obj.groups = obj.whole('groups', groups, 1, 1);
    end

    function y = ForwardPropagation(obj, x, weights, bias)
      obj.check(x, weights, bias);
      sizes = [size(x, 1), size(x, 2), size(x, 3), size(x, 4)];
      C = sizes(3);
      F = obj.numFilters;
      full = (sizes(1:2) - 1) .* obj.stride + obj.kernel;
      out = full - [sum(obj.crop(1:2)), sum(obj.crop(3:4))];
      if any(out < 1)
        error('TransposedConvolutionLayer:shape', 'TransposedConvolutionLayer: crop %s leaves nothing of %s', ...
              mat2str(obj.crop), mat2str(full));
      end
      obj.xSize = sizes;
      obj.ySize = [out, F, sizes(4)];
      obj.pixels = reshape(permute(x, [1 2 4 3]), [], C);
      obj.filters = reshape(weights, [], C);
      patches = zeros(size(obj.pixels, 1), prod(obj.kernel) * F, class(x));
      for g = 1:obj.groups
        mine = obj.block(g, C);
        pixels = obj.pixels(:, mine);
        filters = obj.filters(:, mine);
        patches(:, obj.block(g, size(patches, 2))) = pixels * filters';
      end
      y = obj.scatter(patches) + reshape(bias, 1, 1, F);
    end

    function gradient = BackwardPropagation(obj, dout)
      if isempty(obj.pixels)
        error('TransposedConvolutionLayer:state', ...
              'TransposedConvolutionLayer: backward wants a forward before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('TransposedConvolutionLayer:shape', ...
              'TransposedConvolutionLayer: wanted a struct with the field input');
      end
      dy = dout.input;
      obj.checkGradient(dy);
      C = obj.xSize(3);
      F = obj.numFilters;
      patches = obj.gather(dy);
      dpixels = zeros(size(obj.pixels), class(dy));
      dfilters = zeros(size(obj.filters), class(dy));
      for g = 1:obj.groups
        mine = obj.block(g, C);
        seen = patches(:, obj.block(g, size(patches, 2)));
        filters = obj.filters(:, mine);
        pixels = obj.pixels(:, mine);
        dpixels(:, mine) = seen * filters;
        dfilters(:, mine) = seen' * pixels;
      end
      dx = permute(reshape(dpixels, obj.xSize([1 2 4 3])), [1 2 4 3]);
      dweights = reshape(dfilters, obj.kernel(1), obj.kernel(2), [], C);
      rows = reshape(permute(dy, [1 2 4 3]), [], F);
      gradient = struct('input', dx, 'weight', dweights, 'bias', sum(rows, 1).');
    end
  end

  methods (Access = private)
    function y = scatter(obj, patches)
      % Spot after spot, column by column of the window, is added to its place.
      in = obj.xSize(1:2);
      F = obj.numFilters;
      N = obj.xSize(4);
      patches = reshape(patches, [in, N, obj.kernel, F]);
      whole = zeros([(in - 1) .* obj.stride + obj.kernel, F, N], class(patches));
      for j = 1:obj.kernel(2)
        for i = 1:obj.kernel(1)
          h = obj.spot(1, i);
          w = obj.spot(2, j);
          put = permute(reshape(patches(:, :, :, i, j, :), [in, N, F]), [1 2 4 3]);
          whole(h, w, :, :) = whole(h, w, :, :) + put;
        end
      end
      y = whole(obj.crop(1) + (1:obj.ySize(1)), obj.crop(3) + (1:obj.ySize(2)), :, :);
    end

    function patches = gather(obj, dy)
      in = obj.xSize(1:2);
      F = obj.numFilters;
      N = obj.xSize(4);
      whole = zeros([(in - 1) .* obj.stride + obj.kernel, F, N], class(dy));
      whole(obj.crop(1) + (1:obj.ySize(1)), obj.crop(3) + (1:obj.ySize(2)), :, :) = dy;
      patches = zeros([in, N, obj.kernel, F], class(dy));
      for j = 1:obj.kernel(2)
        for i = 1:obj.kernel(1)
          seen = whole(obj.spot(1, i), obj.spot(2, j), :, :);
          patches(:, :, :, i, j, :) = reshape(permute(seen, [1 2 4 3]), [in, N, 1, 1, F]);
        end
      end
      patches = reshape(patches, prod(in) * N, prod(obj.kernel) * F);
    end

    function places = spot(obj, side, k)
      % The rows (side 1) or columns (side 2) that the k-th spot of the window meets, at all pixels of x.
      places = k + obj.stride(side) * (0:obj.xSize(side) - 1);
    end

    function columns = block(obj, g, count)
      % The columns of group g where all groups share `count` columns.
      columns = (g - 1) * count / obj.groups + (1:count / obj.groups);
    end

    function check(obj, x, weights, bias)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('TransposedConvolutionLayer:dtype', ...
              'TransposedConvolutionLayer: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('TransposedConvolutionLayer:shape', ...
              'TransposedConvolutionLayer: wanted x (H,W,C,N) with no empty side, got %s', mat2str(size(x)));
      end
      F = obj.numFilters;
      C = size(x, 3);
      if mod(C, obj.groups) ~= 0 || mod(F, obj.groups) ~= 0
        error('TransposedConvolutionLayer:shape', ...
              'TransposedConvolutionLayer: %d groups do not divide %d channels and %d filters', ...
              obj.groups, C, F);
      end
      obj.checkParameter('weights', weights, [obj.kernel, F / obj.groups, C], x);
      obj.checkParameter('bias', bias, [F 1 1 1], x);
    end

    function checkParameter(~, name, value, wanted, x)
      sizes = [size(value, 1), size(value, 2), size(value, 3), size(value, 4)];
      if ndims(value) > 4 || ~isequal(sizes, wanted)
        error('TransposedConvolutionLayer:shape', 'TransposedConvolutionLayer: wanted %s %s, got %s', ...
              name, mat2str(wanted), mat2str(size(value)));
      end
      if ~strcmp(class(value), class(x)) || ~isreal(value)
        error('TransposedConvolutionLayer:dtype', ...
              'TransposedConvolutionLayer: wanted %s of class %s as x, got %s', name, class(x), class(value));
      end
    end

    function checkGradient(obj, dy)
      sizes = [size(dy, 1), size(dy, 2), size(dy, 3), size(dy, 4)];
      if ndims(dy) > 4 || ~isequal(sizes, obj.ySize)
        error('TransposedConvolutionLayer:shape', ...
              'TransposedConvolutionLayer: wanted a gradient of %s, got %s', ...
              mat2str(obj.ySize), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.pixels)) || ~isreal(dy)
        error('TransposedConvolutionLayer:dtype', ...
              'TransposedConvolutionLayer: wanted a gradient of class %s, got %s', ...
              class(obj.pixels), class(dy));
      end
    end

    function value = whole(~, name, value, least, counts)
      if ~isnumeric(value) || ~isreal(value) || ~any(numel(value) == counts) ...
          || any(value(:) < least | value(:) ~= floor(value(:)) | ~isfinite(value(:)))
        error('TransposedConvolutionLayer:option', ...
              'TransposedConvolutionLayer: %s: wanted whole numbers >= %d, %s of them', ...
              name, least, mat2str(counts));
      end
      value = double(value(:).');
    end
  end
end
