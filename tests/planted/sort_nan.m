function y = sort_nan(x)
  y = sort(x, 'descend');
end
