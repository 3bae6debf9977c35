function y = pool_max(x, k)
  y = zeros(size(x) / k);
  for i = 1:size(y, 1)
    for j = 1:size(y, 2)
      block = x((i - 1) * k + 1:i * k, (j - 1) * k + 1:j * k);
      y(i, j) = max(block(:));
    end
  end
end
