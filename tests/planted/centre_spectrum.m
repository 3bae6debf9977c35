function y = centre_spectrum(x)
  y = fftshift(abs(fft(x)));
end
