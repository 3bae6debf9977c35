function y = im2bw(x, level)
%IM2BW Stands in for MATLAB's im2bw(I, level) of grey and RGB images: above level, which is 0.5 unless given.

  if nargin < 2
    level = 0.5;
  end
  if ndims(x) == 3
    x = rgb2gray(x);
  end
  if islogical(x)
    y = x;
  else
    y = im2double(x) > level;
  end
end
