function y = image_blend(a, b)
  y = uint8((double(a) + double(b)) / 2);
end
