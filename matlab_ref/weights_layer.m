function y = weights_layer(kind, inputs, options, arrays)
%WEIGHTS_LAYER One layer with parameters that lie in a plain file, in prediction, on the arrays as they lie there.
%   y = weights_layer(kind, inputs, options, arrays)
%
%   inputs is a cell of images (H,W,C,N), as which rows are (1,1,D,N). options.axes names the axes of the weight.
%     fc      rows by a matrix; flatten 'column' takes an image as a(:) does, 'row-major' row by row, each channel
%             after the other; bias_in_weight 'first' or 'last': an input that is always 1
%     conv    by conv2, which turns the filter round: with flip as it is, without it turned back before
%     deconv  the same backwards: zeros between the pixels, then all that a filter touches, less the crop
%     norm    by running_var and eps, or by sigma
%   For MATLAB R2016b or newer, and for Octave.

  x = inputs{1};
  switch kind
    case 'fc'
      y = connected(x, options, arrays);
    case 'conv'
      y = convolved(x, options, inOrder(arrays.weight, options.axes, 'kH kW C F'), bias(arrays));
    case 'deconv'
      y = transposed(x, options, inOrder(arrays.weight, options.axes, 'kH kW F C'), bias(arrays));
    case 'norm'
      y = normalised(x, options, arrays);
    otherwise
      error('weights_layer:kind', 'weights_layer: no kind %s is known', kind);
  end
end

function y = connected(x, options, arrays)
  W = inOrder(arrays.weight, options.axes, 'D M');
  N = size(x, 4);
  if strcmp(options.flatten, 'row-major')
    x = permute(x, [2 1 3 4]);
  end
  a = reshape(x, [], N)';
  switch options.bias_in_weight
    case 'first'
      a = [ones(N, 1), a];
    case 'last'
      a = [a, ones(N, 1)];
  end
  y = a * W + reshape(bias(arrays), 1, []);
  y = reshape(y', 1, 1, [], N);
end

function y = convolved(x, options, w, b)
  [H, W, ~, N] = size(x);
  [~, ~, seen, F] = size(w);
  pad = options.pad;
  padded = zeros(H + pad(1) + pad(2), W + pad(3) + pad(4), size(x, 3), N);
  padded(pad(1) + (1:H), pad(3) + (1:W), :, :) = x;
  for n = 1:N
    for f = 1:F
      first = (ceil(f * options.groups / F) - 1) * seen;
      sums = 0;
      for c = 1:seen
        sums = sums + conv2(padded(:, :, first + c, n), turned(spread(w(:, :, c, f), options.dilation), options), 'valid');
      end
      y(:, :, f, n) = sums(1:options.stride(1):end, 1:options.stride(2):end) + b(min(f, end)); %#ok<AGROW>
    end
  end
end

function y = transposed(x, options, w, b)
  C = size(x, 3);
  each = size(w, 3);
  crop = options.crop;
  for n = 1:size(x, 4)
    for f = 1:each * options.groups
      group = ceil(f / each);
      sums = 0;
      for c = (group - 1) * C / options.groups + 1:group * C / options.groups
        filter = turned(rot90(w(:, :, f - (group - 1) * each, c), 2), options);
        sums = sums + conv2(spread(x(:, :, c, n), options.stride), filter, 'full');
      end
      y(:, :, f, n) = sums(crop(1) + 1:end - crop(2), crop(3) + 1:end - crop(4)) + b(min(f, end)); %#ok<AGROW>
    end
  end
end

function k = turned(k, options)
  if ~options.flip
    k = rot90(k, 2);
  end
end

function y = spread(x, step)
  y = zeros((size(x) - 1) .* step + 1);
  y(1:step(1):end, 1:step(2):end) = x;
end

function y = normalised(x, options, arrays)
  channel = @(v) reshape(v, 1, 1, []);
  if isfield(arrays, 'sigma')
    sigma = arrays.sigma;
  else
    sigma = sqrt(arrays.running_var + options.eps);
  end
  y = (x - channel(arrays.running_mean)) ./ channel(sigma);
  if isfield(arrays, 'weight')
    y = y .* channel(arrays.weight);
  end
  y = y + channel(bias(arrays));
end

function b = bias(arrays)
  b = 0;
  if isfield(arrays, 'bias')
    b = arrays.bias;
  end
end

function w = inOrder(w, axes, wanted)
  axes = strsplit(axes, ' ');
  wanted = strsplit(wanted, ' ');
  [~, place] = ismember(wanted, axes);
  w = permute(w, place);
end
