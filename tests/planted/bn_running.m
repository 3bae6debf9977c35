function r = bn_running(x, old, momentum)
  r = momentum * old + (1 - momentum) * var(x, 1, 1);
end
