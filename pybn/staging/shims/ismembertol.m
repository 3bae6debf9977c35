function tf = ismembertol(a, b, varargin)
%ISMEMBERTOL Stands in for MATLAB's ismembertol(A, B, tol): |u - v| <= tol max(|[A(:); B(:)]|); 'ByRows', 'DataScale'.

  tol = 1e-12;
  if isa(a, 'single') || isa(b, 'single')
    tol = 1e-6;
  end
  if ~isempty(varargin) && isnumeric(varargin{1})
    tol = varargin{1};
    varargin(1) = [];
  end
  [rows, scale] = deal(false, []);
  for k = 1:2:numel(varargin)
    switch lower(varargin{k})
      case 'byrows'
        rows = varargin{k + 1};
      case 'datascale'
        scale = varargin{k + 1};
      otherwise
        error('pybn:shim', 'ismembertol: pybn has no ''%s'' here', varargin{k});
    end
  end
  if ~rows
    shape = size(a);
    [a, b] = deal(a(:), b(:));
  end
  if isempty(scale)
    scale = max(abs([a; b]), [], 1);  % each column's own, of rows
  end
  tf = false(rows * size(a, 1) + ~rows * numel(a), 1);
  for k = 1:numel(tf)
    tf(k) = any(all(abs(b - a(k, :)) <= tol * scale, 2));
  end
  if ~rows
    tf = reshape(tf, shape);
  end
end
