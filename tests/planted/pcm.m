function y = pcm(x)
  % Sound as 16 bits.
  y = int16(x * 32767);
end
