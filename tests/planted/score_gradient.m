function ds = score_gradient(s, t)
  % The gradient of the mean cross-entropy of a softmax, of labels counted from 1.
  p = exp(s) ./ sum(exp(s), 2);
  i = sub2ind(size(s), (1:size(s, 1)).', t(:));
  p(i) = p(i) - 1;
  ds = p / size(s, 1);
end
