function w = hann(n, kind)
%HANN Stands in for MATLAB's hann(L, 'symmetric' or 'periodic'): (1 - cos(2 pi n / N)) / 2, a column.

  w = pybn_window(n, nargin > 1 && strcmp(kind, 'periodic'), @(t) 0.5 * (1 - cos(2 * pi * t)));
end
