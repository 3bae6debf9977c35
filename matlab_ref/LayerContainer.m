classdef LayerContainer < handle
%LAYERCONTAINER The layers of a model as they are told: one struct each, in the order given.
%   cont = LayerContainer();
%   cont <= struct('type', 'input', 'name', 'image', 'rows', 8, 'cols', 8, 'depth', 1);
%   cont <= struct('type', 'conv', 'name', 'conv1', 'kh', 3, 'kw', 3, 'stride', 1, 'pad', 1, 'num_output', 4);
%   cont <= struct('type', 'relu', 'name', 'relu1');
%   cont <= struct('type', 'add', 'name', 'add1', 'inputs', {{'relu1', 'conv1'}});
%
%   cont.layers                       the structs, in a cell
%   kind = cont.Kind(k)               whether entry k enters, joins, parameters
%   [layer, rows] = cont.Make(k, rows)      a new object of entry k; rows: whether what it takes, and what it
%                                     makes, are rows (N,D) rather than images
%
%   A layer takes its input from the entry before it, unless it says inputLayer = name, or inputs = {names}
%   where it joins several. The names of the classes are accepted as types too. An entry is checked when it is
%   given. The container keeps no objects: whatever is made of it shares nothing.

  properties (SetAccess = private)
    layers = {};
  end

  methods
    function obj = le(obj, spec)
      %LE Append an entry; the answer is the container itself.
      if ~isstruct(spec) || ~isscalar(spec)
        error('LayerContainer:metadata', ...
              'LayerContainer: wanted one struct a layer (a cell in struct() stands in double braces)');
      end
      for key = {'type', 'name'}
        if ~isfield(spec, key{1}) || ~ischar(spec.(key{1})) || size(spec.(key{1}), 1) ~= 1
          error('LayerContainer:metadata', 'LayerContainer: wanted a text under %s', key{1});
        end
      end
      [required, optional] = obj.keysOf(spec);
      obj.filled(spec, required, optional);
      obj.layers{end + 1} = spec;
    end

    function kind = Kind(obj, index)
      %KIND Say of an entry: is it an input, does it join several, has it parameters.
      type = obj.layers{index}.type;
      kind = struct('enters', any(strcmp(type, {'input', 'InputLayer'})), ...
                    'joins', any(strcmp(type, {'add', 'EltWiseAdd', 'concat', 'Concat'})), ...
                    'parameters', any(strcmp(type, [obj.onRows(), obj.onImages()])));
    end

    function [layer, rows] = Make(obj, index, rows)
      %MAKE Return a new layer of an entry, and whether it makes rows.
      told = obj.layers{index};
      from = [];
      for key = {'inputLayer', 'inputs'}
        if isfield(told, key{1})
          from = told.(key{1});
        end
      end
      [required, optional] = obj.keysOf(told);
      spec = obj.filled(told, required, optional);
      layer = obj.construct(spec, index, from, rows);
      if isa(layer, 'InputLayer')
        rows = layer.table;
      elseif any(strcmp(told.type, obj.onRows()))
        rows = true;
      elseif any(strcmp(told.type, obj.onImages()))
        rows = false;
      end
    end
  end

  methods (Access = private)
    function types = onRows(~)
      types = {'fc', 'FullyConnected', 'batchnorm', 'BatchNorm'};
    end

    function types = onImages(~)
      types = {'conv', 'ConvolutionLayer', 'deconv', 'TransposedConvolutionLayer', 'sp_batchnorm', 'SpatialBatchNorm'};
    end

    function [required, optional] = keysOf(~, spec)
      %KEYSOF Return the keys that an entry has to have, and those it may have with their defaults.
      required = {};
      optional = {};
      switch spec.type
        case {'input', 'InputLayer'}
          required = {'rows', 'cols', 'depth'};
          if isfield(spec, 'features')
            required = {'features'};
          end
          optional = {'batchsize', []};
        case {'fc', 'FullyConnected'}
          required = {'num_output'};
        case {'conv', 'ConvolutionLayer'}
          required = {'kh', 'kw', 'num_output'};
          optional = {'stride', 1, 'pad', 0, 'groups', 1, 'dilation', 1};
        case {'deconv', 'TransposedConvolutionLayer'}
          required = {'kh', 'kw', 'num_output'};
          optional = {'stride', 1, 'crop', 0, 'groups', 1};
        case {'maxpool', 'MaxPoolLayer'}
          required = {'kh', 'kw'};
          optional = {'stride', 1, 'pad', 0};
        case {'avgpool', 'AvgPoolLayer'}
          required = {'kh', 'kw'};
          optional = {'stride', 1, 'pad', 0, 'count_include_pad', false};
        case {'batchnorm', 'BatchNorm', 'sp_batchnorm', 'SpatialBatchNorm'}
          optional = {'eps', 1e-5, 'momentum', 0.9};
        case {'lrn', 'LocalResponseNorm'}
          optional = {'size', 5, 'alpha', 1e-4, 'beta', 0.75, 'k', 1};
        case {'dropout', 'Dropout'}
          optional = {'prob', 0.5};
        case {'leaky_relu', 'LeakyRelu'}
          optional = {'slope', 0.01};
        case {'relu', 'Relu', 'sigmoid', 'Sigmoid', 'tanh', 'Tanh', 'softmax', 'Softmax', 'add', 'EltWiseAdd', ...
              'concat', 'Concat', 'global_avgpool', 'GlobalAvgPoolLayer', 'global_maxpool', 'GlobalMaxPoolLayer'}
        otherwise
          error('LayerContainer:type', 'LayerContainer: there are no layers of type %s', spec.type);
      end
    end

    function full = filled(~, spec, required, optional)
      %FILLED Return an entry with its defaults; refuse one that lacks a key or has one that means nothing.
      full = spec;
      for key = required
        if ~isfield(spec, key{1})
          error('LayerContainer:metadata', 'LayerContainer: %s wants %s', spec.name, key{1});
        end
      end
      known = [{'type', 'name', 'inputLayer', 'inputs'}, required, optional(1:2:end)];
      for key = fieldnames(spec)'
        if ~any(strcmp(key{1}, known))
          error('LayerContainer:metadata', 'LayerContainer: %s: %s means nothing here', spec.name, key{1});
        end
      end
      for k = 1:2:numel(optional)
        if ~isfield(spec, optional{k})
          full.(optional{k}) = optional{k + 1};
        end
      end
    end

    function layer = construct(~, s, index, from, rows)
      switch s.type
        case {'input', 'InputLayer'}
          if isfield(s, 'features')
            layer = InputLayer(s.name, 1, s.features, 1, s.batchsize, index, true);
          else
            layer = InputLayer(s.name, s.rows, s.cols, s.depth, s.batchsize, index, false);
          end
        case {'fc', 'FullyConnected'}
          layer = FullyConnected(s.name, s.num_output, index, from);
        case {'conv', 'ConvolutionLayer'}
          layer = ConvolutionLayer(s.name, s.kh, s.kw, s.stride, s.pad, s.num_output, index, from, ...
                                   s.groups, s.dilation);
        case {'deconv', 'TransposedConvolutionLayer'}
          layer = TransposedConvolutionLayer(s.name, s.kh, s.kw, s.stride, s.crop, s.num_output, index, from, s.groups);
        case {'maxpool', 'MaxPoolLayer'}
          layer = MaxPoolLayer(s.name, s.kh, s.kw, s.stride, index, from, s.pad);
        case {'avgpool', 'AvgPoolLayer'}
          layer = AvgPoolLayer(s.name, s.kh, s.kw, s.stride, index, from, s.pad, s.count_include_pad);
        case {'global_avgpool', 'GlobalAvgPoolLayer'}
          layer = GlobalAvgPoolLayer(s.name, index, from);
        case {'global_maxpool', 'GlobalMaxPoolLayer'}
          layer = GlobalMaxPoolLayer(s.name, index, from);
        case {'batchnorm', 'BatchNorm'}
          layer = BatchNorm(s.name, s.eps, s.momentum, index, from);
        case {'sp_batchnorm', 'SpatialBatchNorm'}
          layer = SpatialBatchNorm(s.name, s.eps, s.momentum, index, from);
        case {'lrn', 'LocalResponseNorm'}
          layer = LocalResponseNorm(s.name, s.size, s.alpha, s.beta, s.k, index, from);
        case {'dropout', 'Dropout'}
          layer = Dropout(s.name, s.prob, index, from);
        case {'relu', 'Relu'}
          layer = Relu(s.name, index, from);
        case {'leaky_relu', 'LeakyRelu'}
          layer = LeakyRelu(s.name, s.slope, index, from);
        case {'sigmoid', 'Sigmoid'}
          layer = Sigmoid(s.name, index, from);
        case {'tanh', 'Tanh'}
          layer = Tanh(s.name, index, from);
        case {'softmax', 'Softmax'}
          layer = Softmax(s.name, index, from, 3 - rows);
        case {'add', 'EltWiseAdd'}
          layer = EltWiseAdd(s.name, index, from);
        case {'concat', 'Concat'}
          layer = Concat(s.name, index, from, 3 - rows);
      end
    end
  end
end
