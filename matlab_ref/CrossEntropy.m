classdef CrossEntropy < handle
%CROSSENTROPY Binary cross-entropies of all elements, summed, over the number of rows.
%   loss = CrossEntropy()
%   loss = CrossEntropy(meanGradient)     true: the gradient is divided by N as well
%
%   [value, gradient] = loss.GetLossAndGradients(scores, targets)
%
%   scores (probabilities that a sigmoid gave), targets and gradient are (N,K), one row a sample; all
%   single or all double. The gradient is by the INPUT of that sigmoid. It is p - t, which is N times
%   the derivative of the value, unless meanGradient says otherwise.
%   Nothing is clipped: p = 0 where t = 1 gives Inf, p = t = 0 and p = t = 1 give NaN, and so does a
%   p below 0 or above 1.

  properties (SetAccess = private)
    meanGradient = false;
  end

  methods
    function obj = CrossEntropy(meanGradient)
      if nargin >= 1
        if ~islogical(meanGradient) || ~isscalar(meanGradient)
          error('CrossEntropy:option', 'CrossEntropy: wanted meanGradient true or false');
        end
        obj.meanGradient = meanGradient;
      end
    end

    function [value, gradient] = GetLossAndGradients(obj, scores, targets)
      obj.check(scores, targets);
      N = size(scores, 1);
      likelihood = targets .* logOrNaN(scores) + (1 - targets) .* logOrNaN(1 - scores);
      value = sum(sum(-likelihood, 1), 2) / N;
      gradient = scores - targets;
      if obj.meanGradient
        gradient = gradient / N;
      end
    end
  end

  methods (Access = private)
    function check(~, scores, targets)
      if ~isfloat(scores) || ~isreal(scores) || issparse(scores)
        error('CrossEntropy:dtype', 'CrossEntropy: wanted scores real single or double, got %s', ...
              class(scores));
      end
      if ndims(scores) ~= 2 || isempty(scores)
        error('CrossEntropy:shape', ...
              'CrossEntropy: wanted scores (N,K) with at least one row and column, got %s', ...
              mat2str(size(scores)));
      end
      if ~strcmp(class(targets), class(scores)) || ~isreal(targets) || issparse(targets)
        error('CrossEntropy:dtype', 'CrossEntropy: wanted targets real %s as scores, got %s', ...
              class(scores), class(targets));
      end
      if ~isequal(size(targets), size(scores))
        error('CrossEntropy:shape', 'CrossEntropy: wanted targets %s as scores, got %s', ...
              mat2str(size(scores)), mat2str(size(targets)));
      end
    end
  end
end

function y = logOrNaN(x)
%LOGORNAN The logarithm, NaN below zero: a loss is no complex number.
  x(x < 0) = NaN;
  y = log(x);
end
