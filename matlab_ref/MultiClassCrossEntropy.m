classdef MultiClassCrossEntropy < handle
%MULTICLASSCROSSENTROPY Mean over the rows of -log of the probability of each row's class.
%   loss = MultiClassCrossEntropy()
%
%   [value, gradient] = loss.GetLossAndGradients(scores, targets)
%
%   scores (probabilities that a softmax gave), targets and gradient are (N,K), one row a sample; all
%   single or all double. A row's class is where its target is largest, the first of equals; NaN are
%   passed over, and a row of nothing else is of the first class.
%   The gradient, (p - onehot) / N, is by the INPUT of that softmax.
%   Nothing is clipped: p = 0 of a row's class gives Inf, a p below 0 gives NaN.

  methods
    function [value, gradient] = GetLossAndGradients(obj, scores, targets)
      obj.check(scores, targets);
      N = size(scores, 1);
      [~, classes] = max(targets, [], 2);
      places = sub2ind(size(scores), (1:N)', classes);
      value = sum(-logOrNaN(scores(places)), 1) / N;
      onehot = zeros(size(scores), class(scores));
      onehot(places) = 1;
      gradient = (scores - onehot) / N;
    end
  end

  methods (Access = private)
    function check(~, scores, targets)
      if ~isfloat(scores) || ~isreal(scores) || issparse(scores)
        error('MultiClassCrossEntropy:dtype', 'MultiClassCrossEntropy: wanted scores real single or double, got %s', ...
              class(scores));
      end
      if ndims(scores) ~= 2 || isempty(scores)
        error('MultiClassCrossEntropy:shape', ...
              'MultiClassCrossEntropy: wanted scores (N,K) with at least one row and column, got %s', ...
              mat2str(size(scores)));
      end
      if ~strcmp(class(targets), class(scores)) || ~isreal(targets) || issparse(targets)
        error('MultiClassCrossEntropy:dtype', 'MultiClassCrossEntropy: wanted targets real %s as scores, got %s', ...
              class(scores), class(targets));
      end
      if ~isequal(size(targets), size(scores))
        error('MultiClassCrossEntropy:shape', 'MultiClassCrossEntropy: wanted targets %s as scores, got %s', ...
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
