function y = im2uint16(x)
%IM2UINT16 Stands in for MATLAB's im2uint16(I) of uint8, uint16, logical and floating images: 1 becomes 65535.

  switch class(x)
    case 'uint16'
      y = x;
    case 'logical'
      y = uint16(x) * 65535;
    case {'single', 'double'}
      y = uint16(x * 65535);
    case 'uint8'
      y = uint16(x) * 257;
    otherwise
      error('pybn:shim', 'im2uint16: pybn does not take %s', class(x));
  end
end
