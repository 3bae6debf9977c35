classdef ConvolutionLayer < handle
%CONVOLUTIONLAYER Slide filters over images: a correlation, the filters are not flipped.
%   layer = ConvolutionLayer(name, kH, kW, stride, pad, F, index, inputLayer)
%   layer = ConvolutionLayer(name, kH, kW, stride, pad, F, index, inputLayer, groups, dilation)
%
%   y = layer.ForwardPropagation(x, weights, bias)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias
%
%   x is (H,W,C,N), weights are (kH,kW,C/groups,F), where trailing ones may be missing, and bias is (F,1);
%   all single or all double. y and dy are (H',W',F,N) with
%     H' = (H + top + bottom - dilation(1)*(kH - 1) - 1) / stride(1) + 1,   W' alike; a fraction is an error.
%   stride and dilation are one number or [vertical horizontal]; pad, of zeros, is one number,
%   [vertical horizontal] or [top bottom left right]. groups cuts channels and filters into as many blocks;
%   a filter sees the channels of its own block alone.
%
%   For MATLAB R2016b or newer, which expands (R,F) with (1,F), and for Octave.
%
%   The pixels that a filter sees are laid out as the rows of a matrix, one row a position, one column a
%   spot of the window and a channel, so that all sums over them are one matrix product a group.

  properties (SetAccess = private)
    name
    kernel          % [kH kW]
    stride          % [vertical horizontal]
    pad             % [top bottom left right]
    numFilters
    index
    inputLayer
    groups = 1;
    dilation        % [vertical horizontal]
  end

  properties (Access = private)
    patches = [];   % (H'*W'*N, kH*kW*C): h, w, n down, i, j, c across, the first of each fastest
    filters = [];   % (kH*kW*C/groups, F)
    xSize = [];     % [H W C N]
    ySize = [];     % [H' W' F N]
  end

  methods
    function obj = ConvolutionLayer(name, kH, kW, stride, pad, F, index, inputLayer, groups, dilation)
      if nargin < 9
        groups = 1;
      end
      if nargin < 10
        dilation = 1;
      end
      obj.name = name;
      obj.kernel = [obj.whole('kH', kH, 1, 1), obj.whole('kW', kW, 1, 1)];
      stride = obj.whole('stride', stride, 1, [1 2]);
      obj.stride = stride([1 end]);
      pad = obj.whole('pad', pad, 0, [1 2 4]);
      if numel(pad) < 4
        pad = pad([1 1 end end]);
      end
      obj.pad = pad;
      obj.numFilters = obj.whole('F', F, 1, 1);
      obj.index = index;
      obj.inputLayer = inputLayer;
      obj.groups = obj.whole('groups', groups, 1, 1);
      dilation = obj.whole('dilation', dilation, 1, [1 2]);
      obj.dilation = dilation([1 end]);
    end

    function y = ForwardPropagation(obj, x, weights, bias)
      obj.check(x, weights, bias);
      sizes = [size(x, 1), size(x, 2), size(x, 3), size(x, 4)];
      out = [obj.positions(sizes, 1), obj.positions(sizes, 2)];
      F = obj.numFilters;
      patches = obj.gather(x, sizes, out);
      filters = reshape(weights, [], F);
      rows = zeros(size(patches, 1), F, class(x));
      for g = 1:obj.groups
        spots = obj.block(g, size(patches, 2));
        mine = obj.block(g, F);
        rows(:, mine) = patches(:, spots) * filters(:, mine);
      end
      rows = rows + reshape(bias, 1, F);
      y = permute(reshape(rows, [out, sizes(4), F]), [1 2 4 3]);
      obj.patches = patches;
      obj.filters = filters;
      obj.xSize = sizes;
      obj.ySize = [out, F, sizes(4)];
    end

    function gradient = BackwardPropagation(obj, dout)
      if isempty(obj.patches)
        error('ConvolutionLayer:state', 'ConvolutionLayer: backward wants a forward before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('ConvolutionLayer:shape', 'ConvolutionLayer: wanted a struct with the field input');
      end
      obj.checkGradient(dout.input);
      F = obj.numFilters;
      rows = reshape(permute(dout.input, [1 2 4 3]), [], F);
      dfilters = zeros(size(obj.filters), class(rows));
      dpatches = zeros(size(obj.patches), class(rows));
      for g = 1:obj.groups
        spots = obj.block(g, size(obj.patches, 2));
        mine = obj.block(g, F);
        given = rows(:, mine);
        seen = obj.patches(:, spots);
        filters = obj.filters(:, mine);
        dfilters(:, mine) = seen' * given;
        dpatches(:, spots) = given * filters';
      end
      dweights = reshape(dfilters, obj.kernel(1), obj.kernel(2), [], F);
      gradient = struct('input', obj.scatter(dpatches), 'weight', dweights, 'bias', sum(rows, 1).');
    end
  end

  methods (Access = private)
    function patches = gather(obj, x, sizes, out)
      C = sizes(3);
      N = sizes(4);
      padded = zeros([sizes(1:2) + [sum(obj.pad(1:2)), sum(obj.pad(3:4))], C, N], class(x));
      padded(obj.pad(1) + (1:sizes(1)), obj.pad(3) + (1:sizes(2)), :, :) = x;
      patches = zeros([out, N, obj.kernel, C], class(x));
      for j = 1:obj.kernel(2)
        for i = 1:obj.kernel(1)
          seen = padded(obj.spot(1, i, out), obj.spot(2, j, out), :, :);
          patches(:, :, :, i, j, :) = reshape(permute(seen, [1 2 4 3]), [out, N, 1, 1, C]);
        end
      end
      patches = reshape(patches, prod(out) * N, prod(obj.kernel) * C);
    end

    function x = scatter(obj, patches)
      % Spot after spot, column by column of the window, is added to where it was taken from.
      sizes = obj.xSize;
      out = obj.ySize(1:2);
      C = sizes(3);
      N = sizes(4);
      patches = reshape(patches, [out, N, obj.kernel, C]);
      padded = zeros([sizes(1:2) + [sum(obj.pad(1:2)), sum(obj.pad(3:4))], C, N], class(patches));
      for j = 1:obj.kernel(2)
        for i = 1:obj.kernel(1)
          h = obj.spot(1, i, out);
          w = obj.spot(2, j, out);
          seen = permute(reshape(patches(:, :, :, i, j, :), [out, N, C]), [1 2 4 3]);
          padded(h, w, :, :) = padded(h, w, :, :) + seen;
        end
      end
      x = padded(obj.pad(1) + (1:sizes(1)), obj.pad(3) + (1:sizes(2)), :, :);
    end

    function places = spot(obj, side, k, out)
      % The rows (side 1) or columns (side 2) that the k-th spot of the window sees, at all positions.
      places = (k - 1) * obj.dilation(side) + 1 + obj.stride(side) * (0:out(side) - 1);
    end

    function columns = block(obj, g, count)
      % The columns of group g where all groups share `count` columns.
      columns = (g - 1) * count / obj.groups + (1:count / obj.groups);
    end

    function count = positions(obj, sizes, side)
      extent = obj.dilation(side) * (obj.kernel(side) - 1) + 1;
      room = sizes(side) + sum(obj.pad(2 * side - 1:2 * side)) - extent;
      if room < 0
        error('ConvolutionLayer:shape', 'ConvolutionLayer: a window of %d does not fit into x %s', ...
              extent, mat2str(sizes));
      end
      if mod(room, obj.stride(side)) ~= 0
        error('ConvolutionLayer:shape', 'ConvolutionLayer: x %s gives a fraction of a position', mat2str(sizes));
      end
      count = room / obj.stride(side) + 1;
    end

    function check(obj, x, weights, bias)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('ConvolutionLayer:dtype', 'ConvolutionLayer: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('ConvolutionLayer:shape', 'ConvolutionLayer: wanted x (H,W,C,N) with no empty side, got %s', ...
              mat2str(size(x)));
      end
      F = obj.numFilters;
      C = size(x, 3);
      if mod(C, obj.groups) ~= 0 || mod(F, obj.groups) ~= 0
        error('ConvolutionLayer:shape', 'ConvolutionLayer: %d groups do not divide %d channels and %d filters', ...
              obj.groups, C, F);
      end
      obj.checkParameter('weights', weights, [obj.kernel, C / obj.groups, F], x);
      obj.checkParameter('bias', bias, [F 1 1 1], x);
    end

    function checkParameter(~, name, value, wanted, x)
      sizes = [size(value, 1), size(value, 2), size(value, 3), size(value, 4)];
      if ndims(value) > 4 || ~isequal(sizes, wanted)
        error('ConvolutionLayer:shape', 'ConvolutionLayer: wanted %s %s, got %s', ...
              name, mat2str(wanted), mat2str(size(value)));
      end
      if ~strcmp(class(value), class(x)) || ~isreal(value)
        error('ConvolutionLayer:dtype', 'ConvolutionLayer: wanted %s of class %s as x, got %s', ...
              name, class(x), class(value));
      end
    end

    function checkGradient(obj, dy)
      sizes = [size(dy, 1), size(dy, 2), size(dy, 3), size(dy, 4)];
      if ndims(dy) > 4 || ~isequal(sizes, obj.ySize)
        error('ConvolutionLayer:shape', 'ConvolutionLayer: wanted a gradient of %s, got %s', ...
              mat2str(obj.ySize), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.patches)) || ~isreal(dy)
        error('ConvolutionLayer:dtype', 'ConvolutionLayer: wanted a gradient of class %s, got %s', ...
              class(obj.patches), class(dy));
      end
    end

    function value = whole(~, name, value, least, counts)
      if ~isnumeric(value) || ~isreal(value) || ~any(numel(value) == counts) ...
          || any(value(:) < least | value(:) ~= floor(value(:)) | ~isfinite(value(:)))
        error('ConvolutionLayer:option', 'ConvolutionLayer: %s: wanted whole numbers >= %d, %s of them', ...
              name, least, mat2str(counts));
      end
      value = double(value(:).');
    end
  end
end
