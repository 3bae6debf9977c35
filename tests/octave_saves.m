%% Everything that Octave 7 can save, in every format of its own; beside each file what Octave loads from it.
warning('off');
1;
function x = sample(class_, shape)
  n = prod(shape);
  x = reshape(1:n, shape);
  switch class_
    case {'double', 'single'}
      x = cast(x * 1.1, class_);
      if n >= 6
        x(1:6) = [NaN, Inf, -Inf, -0, NA, realmin(class_) / 8];
      end
    case 'logical'
      x = mod(x, 2) == 1;
    case 'char'
      x = char(96 + mod(x, 26));
    case 'cell'
      x = num2cell(x);
    otherwise
      x = cast(x, class_);
      if n >= 3
        x(1:3) = [intmax(class_), intmin(class_), intmax(class_) - 1];
      end
  end
end

classes = {'double', 'single', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', ...
           'logical', 'char', 'cell'};
shapes = {[1 1], [1 6], [6 1], [2 3], [2 3 4], [1 1 3], [2 1 2 3], [1 2 1 2 2], [2 1 1 2 1 3], ...
          [0 0], [0 3], [2 0], [1 0], [0 1], [3 0 2], [0 1 4]};
a = struct();
for k = 1:numel(classes)
  for m = 1:numel(shapes)
    a.(sprintf('%s_%s', classes{k}, strjoin(cellfun(@num2str, num2cell(shapes{m}), 'uniformoutput', false), '_'))) ...
      = sample(classes{k}, shapes{m});
  end
end
for m = 1:9
  x = sample('double', shapes{m});
  a.(sprintf('complex_%d', m)) = complex(x, flip(x(:)')(1) + x);
end

a.true_ = true; a.false_ = false; a.na = NA; a.minus0 = -0; a.denormal = realmin / 2^40; a.pi_ = pi;
a.third = 1 / 3; a.huge = realmax; a.i = 1i; a.cnan = complex(NaN, -Inf); a.big_int = intmax('int64');
a.bigger_int = intmax('uint64') - uint64(1); a.snan = single(NaN); a.sna = single(NA); a.spi = single(pi);
a.r = 1:5; a.r_tenths = 0:0.1:1; a.r_none = 1:0; a.r_down = 5:-2:-3; a.r_inside = 1.8:0.05:1.9; a.r_long = 0:1/3:100;
a.r_minus = -(0:3); a.r_one = 3:3; a.r_beyond = 0:0.3:1; a.r_many = 1:20000; a.r_wide = -1e10:1e9:1e10;
a.words = 'words'; a.dq = "dq"; a.unicode = 'grüß 🙂'; a.lines = "a\n# name: x\n# type: scalar\n\n\n# name: y\n";
a.bytes = char(uint8([104 233 255])); a.nul = ['a', char(0), 'b ']; a.rows = ['abc'; 'd f']; a.accents = ['é1'; 'abc'];
a.none = ''; a.dnone = ""; a.blank = ' '; a.pages = char(reshape(97:120, 2, 3, 4));
a.c = {1, 'two', {single(3), {}}; [], true, {"x"; {int8(1), 'é'}}};
a.c_nulls = {[], '', ""; {}, zeros(0, 3), cell(0, 2)};
a.s.b = 1; a.s.a = 'x'; a.s.deep.er.still = {1:3, 'y'}; a.s.z = zeros(2, 0);
a.many = struct('p', {1, 'two', {3}}, 'q', {[], int8(2), {}});
a.tall = struct('p', {1; 2}); a.pages_of = struct('p', cell(2, 1, 2)); a.nothing = struct('p', {}, 'q', {});
a.bare = struct(); a.in_cell = {struct('a', {1, 2}), struct()}; a.none_by_3 = repmat(struct('a', 1), 0, 3);
a.sparse_ = sparse([1 0 0; 0 0 -2.5; 0 NaN 0]); a.sparse_z = sparse([1i 0; 0 2-3i]); a.sparse_b = sparse([true false; false true]);
a.sparse_00 = sparse(0, 0); a.sparse_row = sparse([0 0 1 0]); a.sparse_in = {sparse([0 1]), 1};
a.diag_ = diag([1 2 3]); a.diag_z = diag([1i 2]); a.diag_wide = eye(2, 4); a.diag_tall = 3 * eye(4, 2);
a.perm = eye(4)([2 3 1 4], :); a.perm_c = eye(4)(:, [2 3 1 4]); a.perm_in = {eye(3)([3 1 2], :)};
a.f = @sin; a.f_text = @(x) x + 1; kept = {1, 'k'}; a_kept = struct('deep', {{kept}}); a.f_kept = @(x) {kept{:}, x}; a.f_in = {@(y) a_kept(y), @cos, 2};
a.map_of = @containers.Map; a.index = find([0 1 1 0 1]); a.inline_ = inline('x^2 + y');
a.large = reshape(sin(1:12000), 100, 120); a.large_3 = reshape(cos(1:12000), 20, 30, 20);
a.large_ints = reshape(1:12000, 120, 100); a.large_minus = -(1:9000)'; a.large_shorts = reshape(0:299, 1, 300)' * (1:40);
a.large_z = complex(a.large, flipud(a.large)); a.large_z_ints = complex(a.large_ints, -a.large_ints);
a.large_b = a.large > 0; a.large_i = int32(1e6 * a.large_3); a.large_u = uint8(reshape(mod(1:90000, 251), 300, 300));
a.large_na = a.large; a.large_na(5, 7) = NA; a.large_na(end) = -Inf; a.large_text = repmat('0123456789', 1, 9000);
a.large_in = {a.large, struct('x', a.large_i)};

singles = struct(); % complex ones, which `save -hdf5` loses or fails on
for m = 1:9
  x = sample('single', shapes{m});
  singles.(sprintf('single_complex_%d', m)) = complex(x, x + 1);
end
singles.single_complex = single(1 + 2i); singles.large_single_z = single(a.large_z);
singles.diag_single = single(diag([1.5 2])); singles.diag_single_z = single(diag([1i 2]));
singles.large_single = single(a.large);

function values = without(values, pattern)
  names = fieldnames(values);
  values = rmfield(values, names(! cellfun(@isempty, regexp(names, pattern))));
end

function keep(name, values, varargin)
  save(varargin{:}, name, '-struct', 'values');
  pybn_write([name '.loaded.out'], load(name), 'uint8');
end

both = a;
for [x, name] = singles
  both.(name) = x;
end
both.lone = zeros(3, 1, 0);
folder = getenv('PYBN_FOLDER');
cd(folder);
keep('text', both, '-text');
keep('text.gz', both, '-text', '-zip');
keep('binary', both, '-binary');
keep('binary.gz', both, '-binary', '-zip');
keep('hdf5', without(a, '^inline_'), '-hdf5'); % which Octave breaks on, as on single complex ones
% What is empty Octave does not load from what it wrote.
keep('float_binary', without(both, '^(double_(.*_)?0.*|r_none|c|c_nulls|s|many|pages_of|sparse_00|lone)$'), '-float-binary');
keep('float_hdf5', without(a, '^inline_'), '-float-hdf5');
save_precision(5);
keep('text_5', both, '-text');
both.sparse_0 = sparse(3, 4); both.sparse_false = sparse(2, 2) > 0; % which Octave cannot load from text
save('-text', 'text_zero', '-struct', 'both', 'sparse_0', 'sparse_false');
save('-binary', 'binary_zero', '-struct', 'both', 'sparse_0', 'sparse_false');
pybn_write('original.out', both, 'uint8');
