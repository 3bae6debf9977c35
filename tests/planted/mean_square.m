function e = mean_square(p, t)
  e = mean((p - t) .^ 2, 1);
end
