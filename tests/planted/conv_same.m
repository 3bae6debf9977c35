function y = conv_same(x, k)
  y = conv2(x, k, 'same');
end
