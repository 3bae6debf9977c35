function [y, snr] = psnr(a, ref, peak)
%PSNR Stands in for MATLAB's psnr(A, ref, peak): 10 log10(peak^2 / mse); peak is 1 for floats, else the largest integer.

  if nargin < 3
    peak = 1;
    if isinteger(ref)
      peak = double(intmax(class(ref)));
    end
  end
  mse = immse(a, ref);
  y = 10 * log10(double(peak) .^ 2 / mse);
  snr = 10 * log10(mean(double(ref(:)) .^ 2) / mse);
end
