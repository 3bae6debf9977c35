classdef LocalResponseNorm < handle
%LOCALRESPONSENORM Each pixel divided by the energy of the channels around its own.
%   layer = LocalResponseNorm(name, windowSize, alpha, beta, k, index, inputLayer)
%
%   y = layer.ForwardPropagation(x)
%   gradient = layer.BackwardPropagation(struct('input', dy))   fields input, weight, bias ([] for both)
%
%   x, y, dy are (H,W,C,N), where trailing ones may be missing; all single or all double.
%
%       d = k + alpha / windowSize * ss,   y = x ./ d .^ beta
%
%   with ss the sum of x .^ 2 over windowSize channels, from c - floor((windowSize - 1) / 2) to
%   c + ceil((windowSize - 1) / 2), less those that are not there. alpha is divided by windowSize, as
%   crossChannelNormalizationLayer of MATLAB does. alpha and k are not negative.
%
%   Sums run from the lowest channel to the highest, from +0. For MATLAB R2016b or newer and for Octave.

  properties (SetAccess = private)
    name
    index
    inputLayer
    windowSize
    alpha
    beta
    k
  end

  properties (Access = private)
    x = [];         % the last one
    d = [];         % what it was divided by, before the power
    power = [];     % and after it
  end

  methods
    function obj = LocalResponseNorm(name, windowSize, alpha, beta, k, index, inputLayer)
      obj.checkNumber('windowSize', windowSize, 1);
      if windowSize ~= fix(windowSize)
        error('LocalResponseNorm:option', 'LocalResponseNorm: windowSize: wanted a whole number, got %g', windowSize);
      end
      obj.checkNumber('alpha', alpha, 0);
      obj.checkNumber('beta', beta, -Inf);
      obj.checkNumber('k', k, 0);
      obj.name = name;
      obj.index = index;
      obj.inputLayer = inputLayer;
      obj.windowSize = double(windowSize);
      obj.alpha = double(alpha);
      obj.beta = double(beta);
      obj.k = double(k);
    end

    function y = ForwardPropagation(obj, x, ~, ~)
      obj.checkImages(x);
      ss = obj.channelSums(x .* x, obj.below(), obj.above());
      obj.d = obj.k + obj.alpha / obj.windowSize * ss;
      obj.power = obj.d .^ obj.beta;
      obj.x = x;
      y = x ./ obj.power;
    end

    function gradient = BackwardPropagation(obj, dout)
      dy = obj.checkGradient(dout);
      % x(c) is in its own numerator, and in the d of every channel j whose window holds c:
      %   dx(c) = dy(c) / d(c)^beta - 2 alpha beta / windowSize * x(c) * sum over j of dy(j) y(j) / d(j)
      % The windows that hold a channel reach as far down as a window reaches up.
      y = obj.x ./ obj.power;
      sums = obj.channelSums(dy .* y ./ obj.d, obj.above(), obj.below());
      dx = dy ./ obj.power - 2 * obj.alpha * obj.beta / obj.windowSize * obj.x .* sums;
      gradient = struct('input', dx, 'weight', [], 'bias', []);
    end
  end

  methods (Access = private)
    function n = below(obj)
      n = floor((obj.windowSize - 1) / 2);
    end

    function n = above(obj)
      n = ceil((obj.windowSize - 1) / 2);
    end

    function sums = channelSums(~, values, below, above)
      C = size(values, 3);
      sums = zeros(size(values), class(values));
      for offset = -min(below, C - 1):min(above, C - 1)
        down = max(0, -offset);
        up = max(0, offset);
        sums(:, :, 1 + down:C - up, :) = sums(:, :, 1 + down:C - up, :) + values(:, :, 1 + up:C - down, :);
      end
    end

    function checkImages(~, x)
      if ~isfloat(x) || ~isreal(x) || issparse(x)
        error('LocalResponseNorm:dtype', 'LocalResponseNorm: wanted x real single or double, got %s', class(x));
      end
      if ndims(x) > 4 || isempty(x)
        error('LocalResponseNorm:shape', 'LocalResponseNorm: wanted x (H,W,C,N) with no empty side, got %s', ...
              mat2str(size(x)));
      end
    end

    function dy = checkGradient(obj, dout)
      if isempty(obj.x)
        error('LocalResponseNorm:state', 'LocalResponseNorm: backward wants a forward right before it');
      end
      if ~isstruct(dout) || ~isfield(dout, 'input')
        error('LocalResponseNorm:shape', 'LocalResponseNorm: wanted a struct with the field input');
      end
      dy = dout.input;
      if ~isequal(size(dy), size(obj.x))
        error('LocalResponseNorm:shape', 'LocalResponseNorm: wanted a gradient of %s, got %s', ...
              mat2str(size(obj.x)), mat2str(size(dy)));
      end
      if ~strcmp(class(dy), class(obj.x)) || ~isreal(dy) || issparse(dy)
        error('LocalResponseNorm:dtype', 'LocalResponseNorm: wanted a gradient of class %s, got %s', ...
              class(obj.x), class(dy));
      end
    end

    function checkNumber(~, name, value, least)
      if ~isnumeric(value) || ~isreal(value) || ~isscalar(value) || ~isfinite(value) || value < least
        error('LocalResponseNorm:option', 'LocalResponseNorm: %s: wanted a finite number >= %g', name, least);
      end
    end
  end
end
