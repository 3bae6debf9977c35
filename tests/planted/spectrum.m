function y = spectrum(x)
  y = fft(x);
end
