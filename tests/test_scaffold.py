"""`pybn scaffold`: what it writes is a case file, which records and agrees with a port; and what it refuses."""

from __future__ import annotations

import ast
import os
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pybn.case_file import read_case_file
from pybn.cli import main
from pybn.draw import draw_inputs
from pybn.engines.golden import GoldenEngine
from pybn.engines.octave import OctaveEngine
from pybn.engines.port import PortEngine
from pybn.errors import CaseError, FileError, PybnError, UsageError
from pybn.parity import find_cases, run_parity
from pybn.scaffold import scaffold
from pybn.scaffold.argument import literal
from pybn.scaffold.target import snake_case
from pybn.scaffold.toml import comment, quoted, value

# Each form: its files, the one to scaffold, the port, and what a person has to change in the case file.
SMOOTH = "% SMOOTH  Running mean of each column.\nfunction y = smooth(x, k)\n  y = filter(ones(1, k) / k, 1, x);\nend\n"
SMOOTH_PORT = """\
import numpy as np


def smooth(x, k):
    padded = np.vstack([np.zeros((k - 1, x.shape[1])), x])
    return sum(padded[k - 1 - j : padded.shape[0] - j] * (1 / k) for j in range(k))
"""
Form = tuple[dict[str, str], str, str, dict[str, str]]
FORMS: dict[str, Form] = {
    "function": (
        {"smooth.m": SMOOTH},
        "smooth.m",
        SMOOTH_PORT,
        {'"value"': "'value', ulp_of_max = 4, because = 'sums'"},
    ),
    "outputs": (
        {"both.m": "function [low, high] = both(x)\n  low = min(x, 0);\n  high = max(x, 0);\nend\n"},
        "both.m",
        "import numpy as np\n\n\ndef both(x):\n    return np.minimum(x, 0), np.maximum(x, 0)\n",
        {},
    ),
    "options": (
        {
            "norm_of.m": "function y = norm_of(x, mode, scale)\n  if nargin < 3, scale = 2; end\n"
            "  switch lower(mode)\n    case 'sum'\n      y = scale * x;\n    otherwise\n      error('no');\n"
            "  end\nend\n"
        },
        "norm_of.m",
        "def norm_of(x, mode, scale=2):\n    assert mode == 'sum'\n    return scale * x\n",
        {},
    ),
    "struct": (
        {
            "clip.m": "function y = clip(x, opts)\n  y = x * opts.factor;\n  if opts.verbose, y = -y; end\nend\n"
        },
        "clip.m",
        "def clip(x, opts):\n    y = x * opts['factor']\n    return -y if opts['verbose'] else y\n",
        {},
    ),
    "package": (
        {"+lib/+inner/twice.m": "function y = twice(x)\n  y = 2 * x;\nend\n"},
        "+lib/+inner/twice.m",
        "def twice(x):\n    return 2 * x\n",
        {},
    ),
    "images": (
        {"flip.m": "function y = flip(x)\n  [h, w, ~, n] = size(x);\n  y = x * (h * w * n);\nend\n"},
        "flip.m",
        "def flip(x):\n    h, w, _, n = x.shape\n    return x * (h * w * n)\n",
        {},
    ),
    "handle": (
        {
            "Meter.m": "classdef Meter < handle\n  properties\n    total = 0;\n  end\n  methods\n"
            "    function obj = Meter(scale)\n      obj.total = scale;\n    end\n"
            "    function add(obj, x)\n      obj.total = obj.total + x;\n    end\n"
            "    function y = getTotal(obj)\n      y = obj.total;\n    end\n  end\nend\n"
        },
        "Meter.m",
        (
            "class Meter:\n    def __init__(self, scale):\n        self.total = scale\n\n"
            "    def add(self, x):\n        self.total = self.total + x\n\n"
            "    def get_total(self):\n        return self.total\n"
        ),
        {},
    ),
    "value": (
        {
            "@Pile/Pile.m": "classdef Pile\n  properties\n    items = 0;\n  end\n  methods\n"
            "    function obj = push(obj, x)\n      obj.items = obj.items + x;\n    end\n"
            "    function [obj, y] = pop(obj)\n      y = obj.items;\n      obj.items = 0;\n    end\n  end\nend\n",
            "@Pile/level.m": "function y = level(obj, x)\n  y = obj.items + x;\nend\n",
        },
        "@Pile/Pile.m",
        (
            "class Pile:\n    def __init__(self, items=0):\n        self.items = items\n\n"
            "    def push(self, x):\n        return Pile(self.items + x)\n\n"
            "    def pop(self):\n        return Pile(), self.items\n\n"
            "    def level(self, x):\n        return self.items + x\n"
        ),
        {},
    ),
    "static": (
        {
            "Tool.m": "classdef Tool\n  methods (Static)\n    function y = half(x)\n      y = x / 2;\n    end\n"
            "  end\nend\n"
        },
        "Tool.m",
        "class Tool:\n    @staticmethod\n    def half(x):\n        return x / 2\n",
        {},
    ),
    "arrays": (  # in a package that has the name of a function of Octave's
        {
            "+stat/Base.m": "classdef Base\n  properties\n    y\n    x\n  end\n  methods\n"
            "    function obj = Base(y, x)\n      obj.y = y;\n      obj.x = x;\n    end\n"
            "    function r = rows(obj)\n      r = size(obj.y(:, 1), 1);\n    end\n  end\nend\n",
            "+stat/Fit.m": "classdef Fit < stat.Base\n  methods\n    function obj = Fit(y, x)\n"
            "      obj@stat.Base(y, x);\n    end\n    function r = rest(obj, scale)\n"
            "      r = scale * (obj.y - obj.x);\n    end\n    function show(obj)\n      plot(obj.y);\n    end\n"
            "  end\nend\n",
        },
        "+stat/Fit.m",
        (
            "class Fit:\n    def __init__(self, y, x):\n        self.y, self.x = y, x\n\n    def rows(self):\n"
            "        return len(self.y)\n\n    def rest(self, scale):\n        return scale * (self.y - self.x)\n"
        ),
        {},
    ),
    "any arguments": (
        {
            "center.m": "function [c, n] = center(varargin)\n%CENTER Mean point.\n%   C = center(PTS)\n"
            "%   [C, N] = center(PTS, SCALE) of PTS, a N-by-3 array.\n%\n%   Example\n%     pts = [0 0 1; ...\n"
            "%       2 -4 pi/2];\n%     center(pts, 2)\n%\n%   See also mean\n\n  p = varargin{1};\n  k = 1;\n"
            "  if nargin > 1, k = varargin{2}; end\n  c = [k * p(1, 1), p(end, 3)];\n  n = size(p, 1);\nend\n"
        },
        "center.m",
        "def center(p, k=1):\n    return [k * p[0, 0], p[-1, 2]], len(p)\n",
        {},
    ),
    "any outputs": (
        {
            "halves.m": "function varargout = halves(x)\n% [LOW, HIGH] = halves(X)\n"
            "%   both parts of X, a 1-by-N row vector\n  varargout = {x(1:2), x(3:end)};\nend\n"
        },
        "halves.m",
        "def halves(x):\n    return x[:2], x[2:]\n",
        {},
    ),
    "an object": (
        {
            "Pair.m": "classdef Pair\n  properties\n    low = 1;\n    high = {2, 'x'};\n  end\nend\n",
            "pair_of.m": "function p = pair_of(x)\n  p = Pair();\n  p.low = x(1, :);\nend\n",
        },
        "pair_of.m",
        (
            "class Pair:\n    def __init__(self, low):\n        self.low, self.high = low, [2, 'x']\n\n\n"
            "def pair_of(x):\n    return Pair(x[0])\n"
        ),
        {},
    ),
    "a map": (
        {
            "Step.m": "classdef Step < handle\n  properties (Access = private)\n    config = containers.Map();\n"
            "    rate = 0;\n  end\n  methods\n    function obj = Step(config)\n      obj.config = config;\n"
            "      obj.rate = obj.config('rate');\n    end\n    function w = take(obj, w, dw)\n"
            "      w = w - obj.rate * dw;\n      if isKey(obj.config, 'L2 reg')\n"
            "        w = w - obj.config('L2 reg');\n      end\n    end\n  end\nend\n"
        },
        "Step.m",
        (
            "class Step:\n    def __init__(self, config):\n        self.config = config\n\n"
            "    def take(self, w, dw):\n        w = w - self.config['rate'] * dw\n"
            "        return w - self.config.get('L2 reg', 0)\n"
        ),
        {},
    ),
    "properties": (
        {
            "Point.m": "classdef Point < handle\n  properties\n    x = 0;\n  end\n  properties (Access = private)\n"
            "    y = 0;\n  end\n  methods\n    function obj = Point(scale)\n      obj.x = 2 * scale;\n    end\n"
            "  end\nend\n"
        },
        "Point.m",
        "class Point:\n    def __init__(self, scale):\n        self.x = 2.0 * scale\n",
        {},
    ),
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


@pytest.mark.usefixtures("needs_octave")
def test_a_first_case_agrees_with_a_port(octave: OctaveEngine, tmp_path: Path) -> None:
    for name, (files, file, port, changes) in FORMS.items():
        folder = write(tmp_path / name, files)
        stem = snake_case(Path(file).stem)
        (folder / f"{stem}_port.py").write_text(port)
        [case_file] = scaffold(folder / file).files
        assert case_file == folder / f"{stem}.toml"
        text = case_file.read_text()
        for before, after in changes.items():
            assert before in text
            text = text.replace(before, after)
        case_file.write_text(text)
    cases = find_cases([str(tmp_path)], [])
    assert len(cases) == len(FORMS) + 1  # one has an example in its help
    for result in run_parity(cases, octave, PortEngine(), GoldenEngine()):
        assert result.passed, f"{result.case.file}: {result}"


def first(tmp_path: Path, text: str, name: str = "some") -> str:
    (tmp_path / f"{name}.m").write_text(text)
    [case_file, *_] = scaffold(tmp_path / f"{name}.m", tmp_path / "case.toml", force=True).files
    return case_file.read_text()


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("y = strcmp(x, 'fast');", 'x = "fast"  # text'),
        ("switch x, case {'one', 'two'}, y = 1; end", 'x = "one"  # text'),
        ("y = x.tol + x.max_iter + x.name;", 'x = { tol = 1e-06, max_iter = 10, name = "text" }'),
        ("y = isfield(x, 'rate');", "x = { rate = 0.1 }"),
        ("y = x('rate') + x('L2 reg');", 'x = { _map = { rate = 0.1, "L2 reg" = 1.0 } }  # a containers.Map'),
        ("if isKey(x, 'eps'), y = x('eps'); end", "x = { _map = { eps = 1e-05 } }"),
        (
            "y = x('rate'); if ismember('mu', x.keys), y = x('mu'); end",
            "x = { _map = { rate = 0.1, mu = 0.5 } }",
        ),
        ("y = x(':');", 'x = { axes = "A B", draw = "normal" }'),
        ("y = x{1};", 'x = [1.0, "two"]'),
        ("y = zeros(x, 2);", "x = 3"),
        ("for k = 1:x\n y = k;\nend", "x = 3"),
        ("y = sum(z, x);", "x = 1  # a dimension"),
        ("if x\n y = 1;\nend", "x = true"),
        ("if ~x && z(1)\n y = 1;\nend", "x = true"),
        ("if nargin < 1, x = 'same'; end\n y = 1;", 'x = "same"'),
        ("if nargin < 1, x = [1 2.5]; end\n y = 1;", "x = [1, 2.5]"),
        ("if nargin < 1\n  x = 0.25;\nend\n y = 1;", "x = 0.25"),
        ("[h, w, c, n] = size(x); y = 1;", 'x = { axes = "h w c n", draw = "normal" }'),
        ("y = x(:, :, 1, 2);", 'x = { axes = "A B C D", draw = "normal" }'),
        ("y = size(x, 3);", 'x = { axes = "A B C", draw = "normal" }'),
        ("y = length(x);", 'x = { axes = "A", draw = "normal" }  # a row'),
        ("y = numel(x);", 'x = { axes = "A", draw = "normal" }  # a row'),
        ("y = x(2) + x(5);", 'x = { axes = "C5", draw = "normal" }  # a row'),
        ("y = z(x, :);", 'x = { axes = "A B", draw = "integers", low = 1, high = 9 }  # indices'),
        ("y = z(:, x(:, 1));", 'x = { axes = "A B", draw = "integers", low = 1, high = 4 }  # indices'),
        ("if x > 0.5, y = 1; end", "x = 3  # one number"),
        ("if any(x > 0.5), y = 1; end", 'x = { axes = "A B", draw = "normal" }'),
        ("if iscell(x), y = x{1}; else, y = x(:, 1); end", 'x = { axes = "A B", draw = "normal" }'),
        ("if ~iscell(x), error('no'); end, y = x{1};", 'x = [1.0, "two"]  # a cell array'),
        ("if isstruct(x), y = x.a; else, y = x; end", 'x = { axes = "A B", draw = "normal" }'),
        ("if ischar(x), y = 1; else, y = x(:, 1); end", 'x = { axes = "A B", draw = "normal" }'),
        (
            "if isa(x, 'function_handle'), y = x(1); else, y = x(1, 2); end",
            'x = { axes = "A C2", draw = "normal" }',
        ),
        ("y = ismember(x, z, 'rows');", 'x = { axes = "A B", draw = "normal" }'),
        (
            "if size(x, 1) > 1, error('one'); end, y = x(:, 1:3);",
            'x = { axes = "C3", draw = "normal" }  # a row',
        ),
        (
            "if size(x, 1) ~= size(z, 1), error('one'); end, y = x(:, 3);",
            'x = { axes = "A C3", draw = "normal" }',
        ),
        ("if nargin < 3, z = x(1, 2); x = x(1, 1); end, y = x;", 'matlab = "y = some(x, z)"'),
        ("if nargin < 3, z = varargin{1}; end, y = x;", 'matlab = "y = some(x, z)"'),
        ("if size(x, 2) == 3, error('not 3'); end, y = x;", 'x = { axes = "A B", draw = "normal" }'),
        ("z = x(1, 2); z(3, :) = x;", 'x = { axes = "A C2", draw = "normal" }'),
        ("y = x * 2;", 'x = { axes = "A B", draw = "normal" }'),
        ("y = x(:, 1:2) + x(:, [3 4]);", 'x = { axes = "A C4", draw = "normal" }'),
        ("if size(x, 2) ~= 3, error('no'); end, y = x;", 'x = { axes = "A C3", draw = "normal" }'),
        ("arguments\n x (1,1) double = 3.5\n end\n y = 1;", "x = 3.5"),
        ("arguments\n x (:,1) single\n end\n y = 1;", 'x = { axes = "A", matlab = "A 1", dtype = "float32"'),
        (
            "arguments\n x (3,:) int32\n end\n y = 1;",
            'x = { shape = [3, 4], dtype = "int32", draw = "integers"',
        ),
        ("arguments\n x char\n end\n y = 1;", 'x = "text"'),
        ("validateattributes(x, {'logical'}, {'scalar'}); y = 1;", "x = true"),
        ("validateattributes(x, {'single'}, {'vector'}); y = 1;", 'x = { axes = "A", dtype = "float32"'),
        ("validateattributes(x, {'numeric'}, {'size', [NaN, 6]}); y = 1;", "x = { shape = [5, 6]"),
        (
            "p = inputParser; addRequired(p, 'x', @(v) validateattributes(v, {'char'}, {})); y = 1;",
            'x = "text"  # text',
        ),
        ("p = inputParser; p.addOptional('x', 'low', @ischar); y = 1;", 'x = "low"  # text'),
        (
            "c = @(v) validateattributes(v, {'double'}, {'scalar'});\np.addRequired('x', c); y = 1;",
            "x = 3  # one number",
        ),
    ],
)
def test_what_is_told_of_an_argument_is_filled_in(tmp_path: Path, body: str, wanted: str) -> None:
    text = first(tmp_path, f"function y = some(x, z)\n  {body}\nend\n")
    assert wanted in text
    read_case_file(tmp_path / "case.toml")


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("X is a N-by-2 array of points.", 'x = { axes = "N C2", draw = "normal" }  # N x 2, says the help'),
        ("where X: [Nx3] coordinates", 'x = { axes = "N C3", draw = "normal" }'),
        ("of the M-by-2 array X, say", 'x = { axes = "M C2", draw = "normal" }'),
        ("X is a 3x3 matrix", "x = { shape = [3, 3], "),
        ("X, a column vector.", 'x = { axes = "A", matlab = "A 1", draw = "normal" }'),
        ("X is a 1-by-4 row.", 'x = { axes = "C4", draw = "normal" }'),
        ("X is an edge: [x1 y1 x2 y2]", 'x = { axes = "C4", draw = "normal" }'),
        ("X is one of [a b], [a b c]", 'x = { axes = "A B", draw = "normal" }'),
        ("X is a cell array", 'x = [1.0, "two"]'),
        ("X is the name of a file", 'x = "text"'),
        ("X is a string, 'fast' or 'exact'", 'x = "fast"'),
        ("X: a scalar", "x = 3  # one number, says the help"),
        ("X: true or false", "x = true"),
        ("X: indices of points", 'x = { axes = "A B", draw = "integers", low = 1, high = 3 }'),
        ("Z is a 2x3 array, and X is not", 'x = { axes = "A B", draw = "normal" }'),
        ("X returns a N-by-2 array", 'x = { axes = "A B", draw = "normal" }'),
        ("A matrix. An X. Next, N-by-2.", 'x = { axes = "A B", draw = "normal" }'),
    ],
)
def test_what_the_help_says_of_an_argument_is_filled_in(tmp_path: Path, said: str, wanted: str) -> None:
    text = first(tmp_path, f"function y = some(x, z)\n%SOME One of some.\n%   {said}\n  y = x;\nend\n")
    assert wanted in text
    read_case_file(tmp_path / "case.toml")


def test_a_data_file_that_the_example_names_is_brought(tmp_path: Path) -> None:
    told = "% T = read_it(NAME)\n% Example\n%   t = read_it('some.dat')\n"
    told = f"function t = read_it(fileName)\n{told}  t = fileread(fileName);\nend\n"
    write(tmp_path, {"lib/read_it.m": told, "lib/some.dat": "1 2", "cases/keep": ""})
    [case_file] = scaffold(tmp_path / "lib/read_it.m", tmp_path / "cases").files
    assert tomllib.loads(case_file.read_text())["files"] == ["../lib/some.dat"]
    [case] = read_case_file(case_file)
    assert [each.name for each in case.files] == ["some.dat"]
    (tmp_path / "lib/some.dat").unlink()
    scaffold(tmp_path / "lib/read_it.m", tmp_path / "cases", force=True)
    assert "files" not in tomllib.loads(case_file.read_text())
    assert '# fill in: files = ["..."]' in case_file.read_text()


def test_an_argument_that_is_used_as_the_object_is_it_is_the_object(tmp_path: Path) -> None:
    body = (
        "function y = near(obj, other, opts)\n   y = other.x + other.size() - obj.x * opts.factor;\n  end\n"
    )
    size = "  function y = size(obj)\n   y = obj.x;\n  end\n"
    told = f"classdef Spot\n properties\n  x = 1;\n end\n methods\n  {body}{size} end\nend\n"
    text = first(tmp_path, told, "Spot")
    assert 'matlab = "y = near(self, $opts)"' in text
    assert "opts = { factor = 2 }" in text
    read_case_file(tmp_path / "case.toml")


def test_points_of_both_sets_are_as_many(tmp_path: Path) -> None:
    text = first(
        tmp_path, "function y = some(x, z)\n% X is a N-by-2 array\n  y = x + z(:, 2) + z(:, 1);\nend\n"
    )
    assert 'x = { axes = "N C2"' in text
    assert 'z = { axes = "N C2"' in text


def test_what_a_function_that_gets_it_tells_of_an_argument_is_filled_in(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "inner.m": "function y = inner(n, p)\n  y = deep(p, n);\nend\n",
            "deep.m": "function y = deep(q, mode)\n  switch mode, case 'sum', y = q(:, 1:3); end\nend\n",
            "rest.m": "function y = rest(varargin)\n  y = varargin{1};\nend\n",
            "+pk/Thing.m": "classdef Thing\n methods\n  function o = Thing(k)\n   o = k{1};\n  end\n end\nend\n",
        },
    )
    text = first(tmp_path, "function y = some(x, k, c, v)\n  y = inner(k, x) + pk.Thing(c) + rest(v);\nend\n")
    assert 'v = { axes = "A' in text
    assert 'x = { axes = "A C3"' in text
    assert 'k = "sum"  # text' in text
    assert 'c = [1.0, "two"]' in text


def test_the_example_in_the_help_is_a_case(tmp_path: Path) -> None:
    """Numbers, arrays and text that are written out count, variables of them too; all else is left alone."""
    lines = [
        "k = 2;",
        "pts = [1 -2; ...",
        "  3*2 +pi];",
        "w = [1;2]';",
        "f = zeros(3);",
        "some(f, 1)",
        "some(pts, k, 'a', w)",
    ]
    told = "\n".join(f"%   {line}" for line in lines)
    head = "function y = some(x, k, varargin)\n% SOME(X, K, MODE, W)\n% Example:\n"
    text = first(tmp_path, f"{head}{told}\n%   some(1, 2)\n  y = x;\nend\n")
    [written, drawn] = read_case_file(tmp_path / "case.toml")
    assert (written.name, drawn.name) == ("the example in the help", "drawn at random")
    inputs = draw_inputs(written)
    assert inputs["x"].tolist() == [[1, -2], [6, np.pi]]
    assert inputs["W"].tolist() == [1, 2]
    assert written.attrs == {"k": 2, "mode": "a"}
    assert 'matlab = "y = some(x, $k, $mode, W)"' in text
    assert [x.shape for x in draw_inputs(drawn).values()] == [(2, 2), (2,)]
    none = ["some(f(1))", "some([1 2", "some([1 2; 3])", "some(1 + 2)", "some({1})", "some(x.y)", "other(3)"]
    for line in none:
        text = first(tmp_path, f"{head}%   {line}\n  y = x;\nend\n")
        assert "example in the help" not in text


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ("y = feval(x, 3);", "a function handle"),
        ("y = x.getValue(3);", "an object"),
    ],
)
def test_what_no_case_file_can_hold_is_said(tmp_path: Path, body: str, note: str) -> None:
    (tmp_path / "some.m").write_text(f"function y = some(x)\n  {body}\nend\n")
    written = scaffold(tmp_path / "some.m")
    assert any(note in each and each.startswith("fill in") for each in written.notes)
    text = written.files[0].read_text()
    assert note in text
    assert 'matlab = "y = some(none)"' in text


def test_names_that_no_case_can_have_get_others(tmp_path: Path) -> None:
    text = first(
        tmp_path, "function [x, inf, true_] = some(x, self, ~, dtype)\n  x = x + self + dtype;\nend\n"
    )
    assert "x2, inf2, true_ = some(x, self2, none, dtype2)" in text
    read_case_file(tmp_path / "case.toml")


def test_inputs_that_may_be_left_out_are_left_out_where_nothing_is_known_of_them(tmp_path: Path) -> None:
    (tmp_path / "some.m").write_text(
        "function y = some(x, k, w, varargin)\n  if nargin < 3, w = zeros(size(x)); end\n  y = x;\nend\n"
    )
    written = scaffold(tmp_path / "some.m")
    assert 'matlab = "y = some(x, $k)"' in written.files[0].read_text()
    assert any("w, varargin" in note for note in written.notes)


def test_code_in_folders_beside_brings_the_tree_around_them(tmp_path: Path) -> None:
    """A neighbour's function counts, in the folder above or as far up as a repository goes; a variable does not."""
    tree = write(
        tmp_path / "repo", {"lib/deep/help_me.m": SMOOTH, "src/a/main.m": SMOOTH, "src/a/here.m": SMOOTH}
    )
    call = "function y = main(x)\n  here(1);\n  y = help_me(x);\nend\n"
    write(tree, {"src/a/main.m": call})
    [case_file] = scaffold(tree / "src/a/main.m", force=True).files
    assert tomllib.loads(case_file.read_text())["matlab"] == {"path": ".", "function": "main"}
    (tree / ".git").mkdir()
    scaffold(tree / "src/a/main.m", force=True)
    assert tomllib.loads(case_file.read_text())["matlab"] == {"tree": "../..", "function": "main"}
    write(tree, {"src/b/help_me.m": SMOOTH})
    scaffold(tree / "src/a/main.m", force=True)
    assert tomllib.loads(case_file.read_text())["matlab"] == {"tree": "..", "function": "main"}
    write(
        tree, {"src/a/main.m": "function y = main(x)\n  help_me = 3;\n  y = help_me(x) + x.help_me;\nend\n"}
    )
    scaffold(tree / "src/a/main.m", force=True)
    assert "path" in tomllib.loads(case_file.read_text())["matlab"]


def test_code_that_called_code_calls_counts_as_well(tmp_path: Path) -> None:
    """Across private folders and commands without brackets; a help's words, variables and arguments do not count."""
    tree = write(
        tmp_path / "tree",
        {
            "a/main.m": "function y = main(x)\n% see far\n  y = near(x) + @Box;\nend\n",
            "a/near.m": "function [y, far] = near(far)\n  y = secret(far);\nend\n",
            "a/private/secret.m": "function y = secret(x)\n  [far, y] = deal(x, 1);\nend\n",
            "b/far.m": SMOOTH,
        },
    )
    [case_file] = scaffold(tree / "a/main.m").files
    assert "path" in tomllib.loads(case_file.read_text())["matlab"]
    write(tree, {"a/private/secret.m": "function y = secret(x)\n  y = x + far;\nend\n"})
    scaffold(tree / "a/main.m", force=True)
    assert tomllib.loads(case_file.read_text())["matlab"]["tree"] == ".."
    write(tree, {"a/private/secret.m": SMOOTH, "c/@Box/Box.m": "classdef Box\nend\n"})
    scaffold(tree / "a/main.m", force=True)
    assert tomllib.loads(case_file.read_text())["matlab"]["tree"] == ".."
    write(tree, {"c/@Box/Box.m": "classdef Box\nend\n", "a/sub/Box.m": "classdef Box\nend\n"})
    scaffold(tree / "a/main.m", force=True)
    assert tomllib.loads(case_file.read_text())["matlab"]["tree"] == "."


def test_what_a_person_has_to_know_is_told_whole(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "Base.m": "classdef (Abstract) Base < handle\n properties (Hidden)\n  secret = 1;\n end\n"
            " properties\n  shown = 2;\n end\n methods\n  function y = inherited(obj)\n   y = 1;\n  end\n"
            "  function y = own(obj)\n   y = obj.need();\n  end\n end\n"
            " methods (Abstract)\n  y = need(obj)\n end\nend\n",
            "Some.m": "% Copyright (C) 2025 A. Author\n% $Id: Some.m $\n% Measures something.\n\n"
            "classdef Some < Base\n methods\n  function y = need(obj)\n   y = 2;\n  end\n"
            "  function y = own(obj)\n   y = 3;\n  end\n"
            "  function draw(obj)\n   figure; hold on\n  end\n end\nend\n",
            "opened.m": "function y = opened(x, varargin)\n% Y = opened(X)\n% Y = opened(X, TOL)\n"
            "  p = inputParser;\n  addOptional(p, 'tol', 1e-3, @isnumeric);\n"
            "  p.addParameter('mode', 'fast');\n  y = x;\nend\n",
        },
    )
    written = scaffold(tmp_path / "Some.m", tmp_path)
    assert written.files == (tmp_path / "some.toml",)
    told = tomllib.loads(written.files[0].read_text())
    assert told["about"] == "Measures something."
    assert [step["matlab"] for step in told["step"]] == ["y = need()", "y2 = own()", "y3 = inherited()"]
    assert any("draw is left out: it draws, by figure" in note for note in written.notes)
    assert any(note.endswith("m = self.shown: shown") for note in written.notes)
    assert all(len(line) < 120 for line in written.files[0].read_text().splitlines())
    notes = scaffold(tmp_path / "opened.m", tmp_path).notes
    assert "opened may take more than its step gives it: varargin (tol = 1e-3, mode = 'fast')" in notes
    assert "opened may be called so: Y = opened(X); Y = opened(X, TOL)" in notes
    with pytest.raises(CaseError, match=r"Base is abstract \(need has no body\)"):
        scaffold(tmp_path / "Base.m", tmp_path)


def test_the_target_is_found_in_a_module_that_is_never_run(tmp_path: Path) -> None:
    (tmp_path / "smooth.m").write_text(SMOOTH)
    (tmp_path / "other.py").write_text("raise SystemExit\ndef smooth(x, k):\n    return x\n")
    (tmp_path / "a_broken.py").write_text("def smooth(:\n")
    (tmp_path / "not a name.py").write_text("def smooth(x, k):\n    return x\n")
    [case_file] = scaffold(tmp_path / "smooth.m").files
    assert tomllib.loads(case_file.read_text())["python"]["target"] == "other:smooth"
    assert "fill in: module" not in case_file.read_text()


def test_a_port_is_written_to_fill_in(tmp_path: Path) -> None:
    files, file, _, _ = FORMS["value"]
    write(tmp_path, files)
    case_file, port = scaffold(tmp_path / file, port=True).files
    tree = ast.parse(port.read_text())
    [made] = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert [each.name for each in made.body if isinstance(each, ast.FunctionDef)] == ["push", "pop", "level"]
    assert tomllib.loads(case_file.read_text())["python"]["target"] == "pile_port:Pile"
    [case] = read_case_file(case_file)
    with pytest.raises(PybnError, match="NotImplementedError"):
        PortEngine().run(case, draw_inputs(case))


SCRIPT = "% a script\nx = 1;\ny = 2 * x;\n"
REFUSED = {
    "script": (
        {"run_it.m": SCRIPT},
        "run_it.m",
        "is a script.*make it a function: a first line `function y = run_it",
    ),
    "empty": ({"none.m": ""}, "none.m", "is a script"),
    "private": ({"private/f.m": SMOOTH}, "private/f.m", "is private"),
    "method": ({"@Pile/push.m": SMOOTH}, "@Pile/push.m", "is a method of the class Pile"),
    "old class": ({"@Pile/Pile.m": SMOOTH}, "@Pile/Pile.m", "a class without classdef"),
    "abstract": ({"Base.m": "classdef (Abstract) Base\nend\n"}, "Base.m", "is abstract"),
    "abstract method": (
        {"Base.m": "classdef Base\n methods (Abstract)\n  y = f(obj)\n end\nend\n"},
        "Base.m",
        "is abstract",
    ),
    "enumeration": ({"E.m": "classdef E\n enumeration\n  A, B\n end\nend\n"}, "E.m", "is an enumeration"),
    "nothing in it": ({"E.m": "classdef E\nend\n"}, "E.m", "nothing to compare"),
    "not .m": ({"smooth.txt": SMOOTH}, "smooth.txt", "wanted a .m file"),
    "name": ({"not-a-name.m": SMOOTH}, "not-a-name.m", "MATLAB cannot call a file of this name"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_case_cannot_call_is_refused(tmp_path: Path, name: str) -> None:
    files, file, told = REFUSED[name]
    write(tmp_path, files)
    with pytest.raises(CaseError, match=told):
        scaffold(tmp_path / file)
    assert list(tmp_path.rglob("*.toml")) == []


def test_nothing_is_replaced_unless_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "smooth.m").write_text(SMOOTH)
    (tmp_path / "smooth.toml").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        scaffold(tmp_path / "smooth.m", port=True)
    assert not (tmp_path / "smooth_port.py").exists()
    (tmp_path / "smooth_port.py").write_text("# mine")
    with pytest.raises(UsageError, match="is there already"):
        scaffold(tmp_path / "smooth.m", tmp_path / "other.toml", port=True)
    assert not (tmp_path / "other.toml").exists()
    scaffold(tmp_path / "smooth.m", force=True)
    assert "smooth" in (tmp_path / "smooth.toml").read_text()
    assert (tmp_path / "smooth_port.py").read_text() == "# mine"
    (tmp_path / "link.toml").symlink_to(tmp_path / "elsewhere.toml")
    with pytest.raises(FileError, match="symbolic link"):
        scaffold(tmp_path / "smooth.m", tmp_path / "link.toml", force=True)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "smooth.m").write_text(SMOOTH)
    out = tmp_path / "sub" / "case.toml"
    out.parent.mkdir()
    assert main(["scaffold", str(tmp_path / "smooth.m"), "-o", str(out), "--python", "mine:f"]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    told = tomllib.loads(out.read_text())
    assert told["python"] == {"path": ".", "target": "mine:f"}
    assert told["matlab"] == {"path": "..", "function": "smooth"}
    assert told["about"] == "Running mean of each column."
    assert main(["scaffold", str(tmp_path / "smooth.m"), "-o", str(out)]) == 2
    assert main(["scaffold", str(tmp_path / "smooth.m"), "-o", "case.txt"]) == 2
    assert main(["scaffold", str(tmp_path / "smooth.m"), "--python", "no target"]) == 2
    assert main(["scaffold", str(tmp_path / "missing.m")]) == 5
    os.mkfifo(tmp_path / "pipe.m")
    assert main(["scaffold", str(tmp_path / "pipe.m")]) == 4


@given(st.text(max_size=60))
def test_any_text_is_data(text: str) -> None:
    clean = text.encode("utf-8", "replace").decode()
    assert tomllib.loads(f"x = {quoted(clean)}")["x"] == clean
    assert tomllib.loads(f"x = 1  {comment(text)}") == {"x": 1}


@given(
    st.recursive(
        st.integers(-(2**62), 2**62) | st.floats(allow_nan=False) | st.booleans() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
        max_leaves=12,
    )
)
def test_any_value_is_data(given_value: object) -> None:
    assert tomllib.loads(f"x = {value(given_value)}")["x"] == given_value


PIECES = [
    "function ", "[", "]", "(", ")", "{", "}", "'", '"', ",", ";", "\n", " ", "x", "y", "some", "end", "% ",
    "%{\n", "...", "methods", "properties", "arguments",
    "nargin < ", "= ", "size", "strcmp(", ".", ":", "1", "switch ",
    "case ", "if ", "varargin", "\r", "\x00", "é", "\u2028", "true", "self", "inf", "<", "&", "@", "~", "(Static)",
]  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40), st.booleans())
def test_any_file_gives_a_case_file_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], is_class: bool
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    head = "classdef some\n methods\n function y = f(obj, x)\n" if is_class else "function [y, x] = some(x, y"
    (folder / "some.m").write_bytes((head + "".join(pieces)).encode())
    try:
        written = scaffold(folder / "some.m", port=True)
    except CaseError:
        assert sorted(folder.iterdir()) == [folder / "some.m"]
        return
    tomllib.loads(written.files[0].read_text())
    for port in written.files[1:]:
        ast.parse(port.read_text())


def test_literals() -> None:
    wanted = {
        "3": 3, "-1.5e3": -1500.0, "true": True, "'it''s'": "it's", '"two"': "two", "[1 2, 3]": [1, 2, 3], "[]": [],
        "x": None, "[a b]": None, "'a' + 'b'": None, "1:3": None, "[1e]": None, "{}": None, "": None,
    }  # fmt: skip
    assert {text: literal(text) for text in wanted} == wanted
    assert np.isinf(literal("1e999"))


def test_snake_case() -> None:
    wanted = {"ForwardPropagation": "forward_propagation", "IIRFilter": "iir_filter", "x": "x", "not": "not_"}
    assert {name: snake_case(name) for name in wanted} == wanted
