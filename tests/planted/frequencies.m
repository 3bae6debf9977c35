function f = frequencies(first, step, last)
  f = (first:step:last).^2;
end
