function h = fspecial(kind, varargin)
%FSPECIAL Stands in for MATLAB's fspecial: average, gaussian, laplacian, log, sobel, prewitt, unsharp.

  switch kind
    case 'average'
      siz = option(varargin, 1, [3, 3]);
      siz = siz(:).' .* [1, 1];
      h = ones(siz) / prod(siz);
    case 'gaussian'
      h = bell(option(varargin, 1, [3, 3]), option(varargin, 2, 0.5));
    case 'laplacian'
      a = option(varargin, 1, 0.2);
      a = max(0, min(a, 1));
      h = [a, 1 - a, a; 1 - a, -4, 1 - a; a, 1 - a, a] / (a + 1);
    case 'log'
      sigma = option(varargin, 2, 0.5);
      [g, r2] = bell(option(varargin, 1, [5, 5]), sigma);
      h = g .* (r2 - 2 * sigma ^ 2) / sigma ^ 4;
      h = h - sum(h(:)) / numel(h);
    case 'sobel'
      h = [1, 2, 1; 0, 0, 0; -1, -2, -1];
    case 'prewitt'
      h = [1, 1, 1; 0, 0, 0; -1, -1, -1];
    case 'unsharp'
      a = option(varargin, 1, 0.2);
      h = [0, 0, 0; 0, 1, 0; 0, 0, 0] - fspecial('laplacian', a);
    otherwise
      error('pybn:shim', 'fspecial: pybn has no ''%s''', kind);
  end
end

function [h, r2] = bell(siz, sigma)
  half = (siz(:).' .* [1, 1] - 1) / 2;
  [x, y] = meshgrid(-half(2):half(2), -half(1):half(1));
  r2 = x .* x + y .* y;
  h = exp(-r2 / (2 * sigma * sigma));
  h(h < eps * max(h(:))) = 0;
  total = sum(h(:));
  if total ~= 0
    h = h / total;
  end
end

function value = option(given, k, value)
  if numel(given) >= k
    value = given{k};
  end
end
