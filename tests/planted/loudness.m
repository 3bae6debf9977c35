function y = loudness(x)
  y = log10(sum(x .^ 2, 1));
end
