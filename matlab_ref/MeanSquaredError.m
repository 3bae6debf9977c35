classdef MeanSquaredError < handle
%MEANSQUAREDERROR Mean of the squared differences of all elements.
%   loss = MeanSquaredError()
%
%   [value, gradient] = loss.GetLossAndGradients(scores, targets)
%
%   scores, targets and gradient are (N,K), one row a sample; all single or all double.
%   The value is divided by N*K, the number of elements; the gradient is by the scores.

  methods
    function [value, gradient] = GetLossAndGradients(obj, scores, targets)
      obj.check(scores, targets);
      difference = scores - targets;
      value = sum(sum(difference .* difference, 1), 2) / numel(scores);
      gradient = 2 * difference / numel(scores);
    end
  end

  methods (Access = private)
    function check(~, scores, targets)
      if ~isfloat(scores) || ~isreal(scores) || issparse(scores)
        error('MeanSquaredError:dtype', 'MeanSquaredError: wanted scores real single or double, got %s', ...
              class(scores));
      end
      if ndims(scores) ~= 2 || isempty(scores)
        error('MeanSquaredError:shape', ...
              'MeanSquaredError: wanted scores (N,K) with at least one row and column, got %s', ...
              mat2str(size(scores)));
      end
      if ~strcmp(class(targets), class(scores)) || ~isreal(targets) || issparse(targets)
        error('MeanSquaredError:dtype', 'MeanSquaredError: wanted targets real %s as scores, got %s', ...
              class(scores), class(targets));
      end
      if ~isequal(size(targets), size(scores))
        error('MeanSquaredError:shape', 'MeanSquaredError: wanted targets %s as scores, got %s', ...
              mat2str(size(scores)), mat2str(size(targets)));
      end
    end
  end
end
