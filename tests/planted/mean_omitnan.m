function m = mean_omitnan(x)
  m = zeros(1, size(x, 2));
  for k = 1:size(x, 2)
    c = x(:, k);
    m(k) = mean(c(~isnan(c)));
  end
end
