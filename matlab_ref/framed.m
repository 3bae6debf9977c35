function x = framed(x, value, extent, stride, pad)
%FRAMED Images with padding around them, and without the pixels at the end that no whole window reaches.
%   x = framed(x, value, extent, stride, pad)
%
%   x is (H,W,C,N); pad is [top bottom left right], filled with value; extent and stride are [vertical horizontal].

  [h, w, c, n] = size(x);
  frame = repmat(cast(value, class(x)), [h + pad(1) + pad(2), w + pad(3) + pad(4), c, n]);
  frame(pad(1) + (1:h), pad(3) + (1:w), :, :) = x;
  room = [size(frame, 1), size(frame, 2)] - extent;
  last = floor(room ./ stride) .* stride + extent;
  x = frame(1:last(1), 1:last(2), :, :);
end
