classdef EltWiseMul < handle
%ELTWISEMUL The product of several inputs, element by element: a gate on what another branch made.
%   layer = EltWiseMul(name, index, inputLayers)
%
%   y = layer.ForwardPropagation({x1, x2, ...})
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input1, input2, ..., weight, bias
%
%   Two or more inputs of one size and one class, single or double, of up to four dimensions, are multiplied
%   from left to right. Each input's gradient is dy times all others, from left to right. There are no weights and no bias.

  properties (SetAccess = private)
    name
    index
    inputLayer
  end

  properties (Access = private)
    shape = [];
    kind = '';
    count = 0;
    inputs = {};
  end

  methods
    function obj = EltWiseMul(name, index, inputLayer)
      obj.name = name;
      obj.index = index;
      obj.inputLayer = inputLayer;
    end

    function y = ForwardPropagation(obj, x, weights, bias) %#ok<INUSD>
      obj.check(x);
      y = x{1};
      for k = 2:numel(x)
        y = y .* x{k};
      end
      obj.shape = size(y);
      obj.kind = class(y);
      obj.count = numel(x);
      obj.inputs = x;
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      gradient = struct();
      for k = 1:obj.count
        dx = dy;
        for other = [1:k - 1, k + 1:obj.count]
          dx = dx .* obj.inputs{other};
        end
        gradient.(sprintf('input%d', k)) = dx;
      end
      gradient.weight = [];
      gradient.bias = [];
    end
  end

  methods (Access = private)
    function check(~, x)
      if ~iscell(x) || numel(x) < 2
        error('EltWiseMul:shape', 'EltWiseMul: wanted a cell of two or more inputs');
      end
      for k = 1:numel(x)
        if ~isfloat(x{k}) || ~isreal(x{k}) || issparse(x{k})
          error('EltWiseMul:dtype', 'EltWiseMul: wanted input %d real single or double, got %s', ...
                k, class(x{k}));
        end
        if ndims(x{k}) > 4 || isempty(x{k})
          error('EltWiseMul:shape', ...
                'EltWiseMul: wanted input %d of at most four dimensions, none of them empty, got %s', ...
                k, mat2str(size(x{k})));
        end
        if ~isequal(size(x{k}), size(x{1}))
          error('EltWiseMul:shape', 'EltWiseMul: wanted input %d of %s as the first, got %s', ...
                k, mat2str(size(x{1})), mat2str(size(x{k})));
        end
        if ~strcmp(class(x{k}), class(x{1}))
          error('EltWiseMul:dtype', 'EltWiseMul: wanted input %d of class %s as the first, got %s', ...
                k, class(x{1}), class(x{k}));
        end
      end
    end

    function dy = checkGradient(obj, dout)
      if obj.count == 0
        error('EltWiseMul:state', 'EltWiseMul: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('EltWiseMul:shape', 'EltWiseMul: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), obj.shape)
        error('EltWiseMul:shape', 'EltWiseMul: wanted a gradient of %s, got %s', ...
              mat2str(obj.shape), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), obj.kind) || ~isreal(dy) || issparse(dy)
        error('EltWiseMul:dtype', 'EltWiseMul: wanted a gradient of class %s, got %s', obj.kind, class(dy));
      end
    end
  end
end
