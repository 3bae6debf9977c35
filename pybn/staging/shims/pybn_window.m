function w = pybn_window(n, periodic, f)
%PYBN_WINDOW A window of n samples as a column, from a function of the place between 0 and 1.

  if n == 1
    w = 1;
  else
    w = f((0:n - 1).' / (n - 1 + periodic));
  end
end
