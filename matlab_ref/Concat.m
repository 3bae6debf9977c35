classdef Concat < handle
%CONCAT Several inputs side by side: images along their channels, rows along their features.
%   layer = Concat(name, index, inputLayers)
%   layer = Concat(name, index, inputLayers, dim)
%
%   y = layer.ForwardPropagation({x1, x2, ...})
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input1, input2, ..., weight, bias
%
%   Two or more inputs of one class, single or double. dim = 3, the default: images (H,W,C,N), where trailing
%   ones may be missing, along C. dim = 2: rows (N,D), along D. dim = 1: sequences (C,T,N), where trailing ones may
%   be missing, along C. All other sizes are equal. The gradient is cut
%   at the same places. There are no weights and no bias.

  properties (SetAccess = private)
    name
    index
    inputLayer
    dim = 3;
  end

  properties (Access = private)
    shape = [];   % of y
    kind = '';
    widths = [];  % of each input along dim
  end

  methods
    function obj = Concat(name, index, inputLayer, dim)
      if nargin >= 4
        if ~isnumeric(dim) || ~isscalar(dim) || ~any(dim == [1 2 3])
          error('Concat:option', 'Concat: wanted dim 2 (rows), 3 (images) or 1 (sequences)');
        end
        obj.dim = double(dim);
      end
      obj.name = name;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias) %#ok<INUSD>
      obj.check(x);
      y = cat(obj.dim, x{:});
      obj.shape = size(y);
      obj.kind = class(y);
      obj.widths = cellfun(@(each) size(each, obj.dim), x);
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      gradient = struct();
      done = 0;
      for k = 1:numel(obj.widths)
        from = done + 1;
        done = done + obj.widths(k);
        if obj.dim == 1
          gradient.(sprintf('input%d', k)) = dy(from:done, :, :);
        elseif obj.dim == 2
          gradient.(sprintf('input%d', k)) = dy(:, from:done);
        else
          gradient.(sprintf('input%d', k)) = dy(:, :, from:done, :);
        end
      end
      gradient.weight = [];
      gradient.bias = [];
    end
  end

  methods (Access = private)
    function check(obj, x)
      if ~iscell(x) || numel(x) < 2
        error('Concat:shape', 'Concat: wanted a cell of two or more inputs');
      end
      for k = 1:numel(x)
        if ~isfloat(x{k}) || ~isreal(x{k}) || issparse(x{k})
          error('Concat:dtype', 'Concat: wanted input %d real single or double, got %s', k, class(x{k}));
        end
        most = [3 2 4];
        if isempty(x{k}) || ndims(x{k}) > most(obj.dim)
          wanted = {'(C,T,N)', '(N,D)', '(H,W,C,N)'};
          error('Concat:shape', 'Concat: wanted input %d %s with no empty side, got %s', ...
                k, wanted{obj.dim}, mat2str(size(x{k})));
        end
        if ~isequal(obj.around(x{k}), obj.around(x{1}))
          error('Concat:shape', 'Concat: wanted input %d as the first, %s, but along dimension %d, got %s', ...
                k, mat2str(size(x{1})), obj.dim, mat2str(size(x{k})));
        end
        if ~strcmp(class(x{k}), class(x{1}))
          error('Concat:dtype', 'Concat: wanted input %d of class %s as the first, got %s', ...
                k, class(x{1}), class(x{k}));
        end
      end
    end

    function sizes = around(obj, x)
      sizes = [size(x, 1) size(x, 2) size(x, 3) size(x, 4)];
      sizes(obj.dim) = 0;
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.shape)
        error('Concat:state', 'Concat: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('Concat:shape', 'Concat: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), obj.shape)
        error('Concat:shape', 'Concat: wanted a gradient of %s, got %s', ...
              mat2str(obj.shape), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), obj.kind) || ~isreal(dy) || issparse(dy)
        error('Concat:dtype', 'Concat: wanted a gradient of class %s, got %s', obj.kind, class(dy));
      end
    end
  end
end
