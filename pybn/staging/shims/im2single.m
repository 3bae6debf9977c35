function y = im2single(x)
%IM2SINGLE Stands in for MATLAB's im2single(I): integers are scaled to 0 to 1; int16 from -32768 to 32767.

  switch class(x)
    case {'single', 'double', 'logical'}
      y = single(x);
    case {'uint8', 'uint16'}
      y = single(x) / single(intmax(class(x)));
    case 'int16'
      y = (single(x) + 32768) / 65535;
    otherwise
      error('pybn:shim', 'im2single: pybn does not take %s', class(x));
  end
end
