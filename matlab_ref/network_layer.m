function y = network_layer(kind, inputs, options, arrays)
%NETWORK_LAYER One function of the older toolbox's network object, by its documented formula.
%   y = network_layer(kind, inputs, options, arrays)
%
%   inputs is a cell of rows (1,1,D,N); the formulas have the samples in columns (D,N), as the toolbox does.
%   For MATLAB R2016b or newer, and for Octave.

  columns = @(v) reshape(v, [], size(v, 4));
  n = columns(inputs{1});
  switch kind
    case 'dotprod'
      y = arrays.W * n;
      if isfield(arrays, 'b')
        y = y + arrays.b(:);
      end
    case 'netsum'
      y = n;
      for k = 2:numel(inputs)
        y = y + columns(inputs{k});
      end
    case 'tansig'
      y = 2 ./ (1 + exp(-2 * n)) - 1;
    case 'logsig'
      y = 1 ./ (1 + exp(-n));
    case 'poslin'
      y = max(n, 0);
    case 'satlin'
      y = min(max(n, 0), 1);
    case 'softmax'
      e = exp(n - max(n, [], 1));
      y = e ./ sum(e, 1);
    case 'offset'
      y = n - double(single(arrays.xoffset(:)));
    case {'mapminmax', 'mapstd'}
      if options.reverse
        y = (n - options.low) ./ arrays.gain(:) + arrays.xoffset(:);
      else
        % After 'offset', so that all of the offset is off.
        y = (n - (arrays.xoffset(:) - double(single(arrays.xoffset(:))))) .* arrays.gain(:) + options.low;
      end
    case 'removeconstantrows'
      if options.reverse
        y = zeros(options.rows, size(n, 2));
        y(options.keep, :) = n;
        y(options.remove, :) = repmat(arrays.constants(:), 1, size(n, 2));
      else
        y = n(options.keep, :);
      end
    otherwise
      error('network_layer:kind', 'network_layer: no function %s is known', kind);
  end
  y = reshape(y, 1, 1, size(y, 1), size(y, 2));
end
