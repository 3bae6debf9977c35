function v = velocity(v, g, lr, mom)
  % The velocity of a step with momentum.
  v = mom * v - lr * g;
end
