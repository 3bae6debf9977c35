function y = splitapply(f, x, g)
%SPLITAPPLY Stands in for MATLAB's splitapply(f, X, G) of one X and one output, by its rows; a row by its columns.

  if isrow(x)
    x = x.';
  end
  parts = arrayfun(@(k) f(x(g(:) == k, :)), (1:max(g(:))).', 'UniformOutput', false);
  y = cat(1, parts{:});
end
