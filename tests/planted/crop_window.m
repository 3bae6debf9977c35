function y = crop_window(x, r, c)
  % Three rows and four columns of x.
  y = x(r:r + 2, c:c + 3);
end
