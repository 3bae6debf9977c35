function y = gain_offset(x, gain, offset)
  % Each operation of an integer class rounds and saturates.
  y = x * gain + offset;
end
