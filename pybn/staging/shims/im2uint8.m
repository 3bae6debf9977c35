function y = im2uint8(x)
%IM2UINT8 Stands in for MATLAB's im2uint8(I) of uint8, logical and floating images: 0 to 1 becomes 0 to 255.

  switch class(x)
    case 'uint8'
      y = x;
    case 'logical'
      y = uint8(x) * 255;
    case {'single', 'double'}
      y = uint8(x * 255);
    case 'uint16'
      y = uint8(double(x) / 257);
    otherwise
      error('pybn:shim', 'im2uint8: pybn does not take %s', class(x));
  end
end
