"""Arguments by name, calls on what a package's function returns, releases: what Octave lacks, staged and run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from octave_cases import make_case

from pybn.case import Case, Value
from pybn.engines.octave import OctaveEngine
from pybn.errors import EngineError
from pybn.staging import plan
from pybn.values import to_python

OPTIONS = """\
function r = options(varargin)
  p = inputParser;
  p.FunctionName = 'options';
  addRequired(p, 'x', @isnumeric);
  addOptional(p, 'tol', 0.5, @isnumeric);
  p.addOptional('n', 7, @(x) validateattributes(x, {'numeric'}, {'scalar'}));
  addOptional(p, 'mode', 'a', @(x) ischar(x) && any(strcmp(x, {'a', 'b'})));
  p.addParameter('more', 1);
  parse(p, varargin{:});
  r = p.Results;
end
"""
FREE = """\
function r = free(varargin)
  p = inputParser(); addOptional(p, 'first', 1); addOptional(p, 'second', 2); p.parse(varargin{:});
  r = p.Results;
end
"""
PAIR = """\
classdef Pair
  properties
    low = 0;
    high = 0;
  end
  properties (Access = private)
    secret = 1;
  end
  methods
    function obj = Pair(low, high)
      obj.low = low;
      obj.high = high;
    end
    function y = width(obj, scale)
      y = scale * (obj.high - obj.low);
    end
    function obj = shifted(obj, by)
      obj = num.Pair(obj.low + by, obj.high + by);
    end
  end
end
"""
TREE = {
    "options.m": OPTIONS,
    "free.m": FREE,
    "switches.m": (
        "function r = switches(varargin)\n  p = inputParser; p.CaseSensitive = true; addOptional(p, 'n', 1);\n"
        "  addSwitch(p, 'verbose'); p.parse(varargin{:}); r = {p.Results, p.UsingDefaults};\nend\n"
    ),
    "+num/Pair.m": PAIR,
    "+num/make.m": (
        "function p = make(low, high)\n  if nargin < 1, low = 1; high = 2; end\n  p = num.Pair(low, high);\nend\n"
    ),
    "chained.m": (
        "function r = chained(x)\n  a = num.make(x, 2 * x).width(10);\n  b = num.make().shifted(1).high;\n"
        "  r = {a, b, variable(x)};\nend\n"
        "function y = variable(x)\n  num.make = struct('low', x);\n  y = num.make(1).low;\nend\n"
    ),
    "wide.m": (
        "function r = wide(x)\n  r = [num.make(x, 5).width(2), num.make(num.make(0, x).high, 9).low] ...\n"
        "    + num.make(1, 2) ...\n      .low;\nend\n"
    ),
    "old.m": "function r = old()\n  if verLessThan('matlab', '7.14'), r = 1; else, r = 2; end\nend\n",
    "objects.m": (
        "function r = objects()\n  m = containers.Map({'a', 'b c'}, {num.Pair(1, 2), 'x'});\n"
        "  r = {num.Pair(3, 4), struct('m', m), containers.Map('KeyType', 'double', 'ValueType', 'any')};\nend\n"
    ),
    "+num/Wide.m": (
        "classdef Wide < num.Pair\n  methods\n    function y = twice(obj)\n      y = obj.width(2);\n"
        "    end\n  end\nend\n"
    ),
    "+num/Wider.m": "classdef Wider < num.Wide\n  properties\n    extra = 1;\n  end\nend % of it\n",
    "+num/Deep.m": (
        "classdef Deep < handle\n  properties\n    part = [];\n    seen = {};\n  end\n  methods\n"
        "    function obj = Deep()\n      obj.build('b');\n      obj = finish(obj);\n    end\n  end\n"
        "  methods (Access = private)\n    function build(obj, x)\n      obj.seen{end + 1} = ['base ' x];\n    end\n"
        "    function obj = finish(obj)\n      obj.seen{end + 1} = 'base end';\n    end\n  end\nend\n"
    ),
    "+num/Deeper.m": (
        "classdef Deeper < num.Deep\n  methods\n    function obj = Deeper()\n      obj@num.Deep();\n"
        "      obj.build('d');\n      obj.part = num.Open();\n      obj.part.build(obj);\n    end\n  end\n"
        "  methods (Access = 'private')\n    function build(obj, x)\n      obj.seen{end + 1} = ['own ' x];\n    end\n"
        "  end\nend\n"
    ),
    "+num/Open.m": (
        "classdef Open < handle\n  methods\n    function build(obj, other)\n      other.seen{end + 1} = 'open';\n"
        "    end\n  end\nend\n"
    ),
    "owned.m": "function r = owned()\n  d = num.Deeper();\n  r = d.seen;\nend\n",
    "given.m": "function r = given()\n  w = num.Wider(3, 7);\n  r = {w.twice(), w.low, w.extra};\nend\n",
    "placed.m": (
        "function r = placed(x)\n  [~, k] = ismember(x, [5 1 5 1]);\n  [u, ~, j] = unique([3 x 3 x], 'stable');\n"
        "  [a b] = ismember(x, 9); tf = ismember(x, x);\n  [last, at] = ismember(x, [1 1], 'legacy'); %#ok\n"
        "  r = {k, u(2), j(3), a, b, tf};\nend\n"
    ),
    "inself.m": "function r = inself()\n  r = containers.Map();\n  r('me') = r;\nend\n",
    "handles.m": "function r = handles()\n  r = {1, @sin};\nend\n",
}
P = {"low": 1.0, "high": 2.0}
# Each: the step, and what MATLAB answers; an error tells a piece of what it says.
WANTED: Mapping[str, Any] = {
    "r = options(1)": {"x": 1, "tol": 0.5, "n": 7, "mode": "a", "more": 1},
    "r = options(1, 2, 3)": {"x": 1, "tol": 2, "n": 3, "mode": "a", "more": 1},
    'r = options(1, "TOL", 5)': {"x": 1, "tol": 5, "n": 7, "mode": "a", "more": 1},
    'r = options(1, 2, "mode", "b", "more", 4)': {"x": 1, "tol": 2, "n": 7, "mode": "b", "more": 4},
    'r = options(1, "more", 4, "n", 9)': {"x": 1, "tol": 0.5, "n": 9, "mode": "a", "more": 4},
    'r = options(1, 2, 3, "b")': {"x": 1, "tol": 2, "n": 3, "mode": "b", "more": 1},
    "r = options(1, {tol: 4})": {"x": 1, "tol": 4, "n": 7, "mode": "a", "more": 1},
    'r = options(1, "none", 3)': EngineError("argument 'NONE' is not a valid parameter"),
    'r = options(1, 2, 3, "mode", "c")': EngineError("failed validation of MODE"),
    "r = options(1, 2, [3, 4])": EngineError("failed validation of n"),
    "r = free(3)": {"first": 3, "second": 2},
    'r = free("second", 4)': {"first": 1, "second": 4},
    'r = free("second", 4, "first", 9)': {"first": 9, "second": 4},
    'r = switches("n", 4, "verbose")': [{"n": 4, "verbose": True}, []],
    'r = switches("verbose")': [{"n": 1, "verbose": True}, ["n"]],
    'r = switches("N", 4)': EngineError("argument 'N' is not a valid parameter"),
    "r = chained(3)": [30, 3, 3],
    "r = wide(3)": [5, 4],
    "r = old()": 2,
    "r = objects()": [{"low": 3, "high": 4}, {"m": {"a": P, "b c": "x"}}, {}],
    "r = owned()": ["base b", "base end", "own d", "open"],
    "r = given()": [8, 3, 1],
    "r = placed(1)": [2, 1, 1, False, 0, True],
    "r = inself()": EngineError("a containers.Map holds itself, or lies more than eight deep in others"),
    "r = handles()": EngineError("r{2} is a function handle, which stays"),
}  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    for name, text in TREE.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


def case_of(tree: Path, step: str) -> Case:
    name = step.split(" = ")[1].split("(")[0]
    made = make_case(tree, name, [step], outputs={}, title=step)
    return replace(made, file=tree / "made.toml", output_values={"r": Value("r")})


def test_what_is_staged_answers_as_matlab_does(octave: OctaveEngine, tree: Path) -> None:
    answers = octave.run_all([(case_of(tree, step), {}) for step in WANTED])
    for (step, wanted), answer in zip(WANTED.items(), answers, strict=True):
        if isinstance(wanted, EngineError):
            assert isinstance(answer, EngineError), step
            assert str(wanted) in str(answer)
        else:
            assert not isinstance(answer, Exception), answer
            got = to_python(answer["r"])
            assert (got.tolist() if hasattr(got, "tolist") else got) == wanted, step


def test_what_is_rewritten(tree: Path) -> None:
    told = {(each.file, each.line): (each.after, each.rule) for each in plan([tree]).rewrites}
    assert told[("options.m", 2)] == ("p = pybn_parser;", "optional-by-name")
    assert told[("chained.m", 2)] == ("a = feval('num.make', x, 2 * x).width(10);", "package-call")
    assert told[("chained.m", 3)] == ("b = feval('num.make').shifted(1).high;", "package-call")
    made = "methods, function obj = Wider(varargin), obj@num.Wide(varargin{:}); end, end, end % of it"
    assert told[("+num/Wider.m", 5)] == (made, "inherited-constructor")
    assert [told.get(("placed.m", k), ("", ""))[0].count("pybn_") for k in (2, 3, 4, 5)] == [1, 1, 1, 0]
    assert told[("old.m", 2)] == ("if false, r = 1; else, r = 2; end", "matlab-release")
    assert ("chained.m", 8) not in told  # a variable of that name
    assert told[("wide.m", 2)][0].startswith(
        "r = [feval('num.make', x, 5).width(2), feval('num.make', feval('num.make', 0, x).high, 9)"
    )


def test_nothing_is_rewritten_without_need(tmp_path: Path) -> None:
    (tmp_path / "plain.m").write_text(
        "function y = plain(x)\n  p = inputParser; p.addParameter('a', 1); parse(p, x);\n"
        "  y = verLessThan('images', '2');\n"
    )
    (tmp_path / "named.m").write_text(
        "function y = named(inputParser)\n  y = inputParser; addOptional(y, 'a', 1);\n"
    )
    assert plan([tmp_path]).rewrites == ()
