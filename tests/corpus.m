%% A value of every class, rank, emptiness and nest, in every format that Octave saves; beside each what it loads.
warning('off');
1;
function x = sample(class_, shape)
  n = prod(shape);
  x = reshape(1:n, shape);
  switch class_
    case {'double', 'single'}
      x = cast(x * 1.1, class_);
      if n >= 6
        x(1:6) = [NaN, Inf, -Inf, -0, realmax(class_), realmin(class_) / 8];
      end
    case {'zdouble', 'zsingle'}
      x = cast(complex(x, -1 ./ x), class_(2:end));
      if n >= 3
        x(1:3) = complex([NaN, -0, 2], [-Inf, 1, -0]);
      end
    case 'logical'
      x = mod(x, 2) == 1;
    case 'char'
      x = char(96 + mod(x, 26));
    case 'cell'
      x = num2cell(x);
    case 'struct'
      x = struct('n', num2cell(x), 't', 'x');
    otherwise
      x = cast(x, class_);
      if n >= 3
        x(1:3) = [intmax(class_), intmin(class_), intmax(class_) - 1];
      end
  end
end
function values = without(values, pattern)
  names = fieldnames(values);
  values = rmfield(values, names(! cellfun(@isempty, regexp(names, pattern))));
end
function keep(name, values, varargin)
  save(varargin{:}, name, '-struct', 'values');
  pybn_write([name '.loaded.out'], load(name), 'uint8');
end

cd(getenv('PYBN_FOLDER'));
classes = {'double', 'single', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', ...
           'logical', 'char', 'zdouble', 'zsingle', 'cell', 'struct'};
shapes = {[1 1], [1 4], [3 1], [2 3], [2 3 2], [1 1 3], [2 1 2 2], [1 2 1 2 2], [2 1 1 2 1 2], ...
          [0 0], [0 3], [2 0], [1 0], [0 1], [3 0 2], [0 1 4], [2 1 0 1 1 2]};
a = struct();
for k = 1:numel(classes)
  for m = 1:numel(shapes)
    if classes{k}(1) == 'z' && prod(shapes{m}) == 0 || any(strcmp(classes{k}, {'cell', 'struct'})) && mod(m, 3) == 2
      continue % a complex array without elements is a real one
    end
    a.(sprintf('%s_%s', classes{k}, strjoin(cellfun(@num2str, num2cell(shapes{m}), 'uniformoutput', false), '_'))) ...
      = sample(classes{k}, shapes{m});
  end
end
a.exact = int64(9007199254740993);  a.minus0 = -0;  a.range = 0:0.25:1;  a.eye = eye(3);
a.text = 'words';  a.wide = do_string_escapes('h\303\251 \342\202\254');  a.none = '';  a.quoted = "quoted";
a.deep = {{{1, {'x', {true, []}}}}};  a.pair.inner.deeper = {struct('b', int8(1)), {single(2)}};
a.bare = struct();  a.texts = {'a', 'bcd'; '', 'e'};  a.of_cells = struct('c', {{{1, 'y'}}});
a.sp = sparse([1.5 0 0; 0 -Inf 2]);  a.spz = sparse([0 1i; 2 0]);  a.sp_row = sparse([0 0 3 0]);
a.sp_thin = sparse([0; 4; 5]);  a.spl = sparse([true false; false true; true true]);

four = struct();
for name = fieldnames(a)'
  x = a.(name{1});
  if ndims(x) == 2 && any(strcmp(class(x), {'double', 'char'}))
    four.(name{1}) = x;
  end
end
pybn_write('original.out', a, 'uint8');
pybn_write('original4.out', four, 'uint8');
keep('v4.mat', four, '-v4');
keep('v6.mat', without(a, '^char_(3_1|1_1_3)$'), '-v6'); % small char arrays it makes too long to load
keep('v7.mat', without(a, '^char_(3_1|1_1_3)$'), '-v7');
keep('text', a, '-text');
keep('text.gz', a, '-text', '-zip');
keep('binary', a, '-binary');
keep('binary.gz', a, '-binary', '-zip');
keep('hdf5', without(a, '^zsingle'), '-hdf5'); % which Octave breaks on
fclose(fopen("finished", "w"));
