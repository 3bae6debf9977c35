function y = reshape_row_major(x, shape)
%RESHAPE_ROW_MAJOR Reshape with the first two dimensions swapped around it.
%   y = RESHAPE_ROW_MAJOR(x, shape) transposes the first two dimensions of x, reshapes it in
%   MATLAB's column-major order to SHAPE with its first two entries swapped, and transposes the
%   first two dimensions back. Elements are so read in the order of the dimensions 2, 1, 3, 4.
%
%   x      any class, at most 4 dimensions
%   shape  2 to 4 sizes whose product is numel(x)
%
%   For two dimensions on both sides this is the row-major reshape of C or NumPy:
%
%       reshape_row_major(1:6, [2 3])   is   [1 2 3; 4 5 6]

  if ndims(x) > 4
    error('reshape_row_major:input', ...
          'reshape_row_major: wanted at most 4 dimensions, got %d', ndims(x));
  end
  if ~isnumeric(shape) || numel(shape) < 2 || numel(shape) > 4 || any(shape(:) < 0) || any(shape(:) ~= fix(shape(:)))
    error('reshape_row_major:shape', ...
          'reshape_row_major: wanted a shape of 2 to 4 sizes, got [%s]', num2str(double(shape(:)')));
  end
  if prod(shape(:)) ~= numel(x)
    error('reshape_row_major:count', ...
          'reshape_row_major: %d elements do not fill the shape [%s]', numel(x), num2str(double(shape(:)')));
  end

  swapped = shape(:)';
  swapped([1 2]) = swapped([2 1]);
  y = permute(reshape(permute(x, [2 1 3 4]), swapped), [2 1 3 4]);
end
