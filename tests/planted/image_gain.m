function y = image_gain(a, gain)
  y = a * gain;
end
