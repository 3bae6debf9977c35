"""Cases for anything: functions, classes, packages, structs, cells, printed text and errors; Octave is the oracle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pybn.case import Case
from pybn.case_file import read_case_file
from pybn.declare_values import given as given_value
from pybn.divergence import Reference
from pybn.engines.golden import GoldenEngine, stale
from pybn.engines.octave import OctaveEngine
from pybn.engines.port import PortEngine
from pybn.errors import CaseError, DTypeError
from pybn.parity import Result, Status, inputs_of, judge, located, run_parity
from pybn.record import record
from pybn.values import match, to_matlab, to_python

TREE = {
    "summary.m": """function [s, n] = summary(x, opts)
  s.mean = sum(x) / numel(x);
  s.names = {opts.name, 'end'};
  s.deep.list = {1, [1 2 3], struct('a', {1, 'x'})};
  s.flag = true;  s.int = int32([1 2; 3 4]);  s.empty = [];  s.none = {};
  n = numel(x);
  printf('mean %.3f of %d\\n', s.mean, n);
end
""",
    "said.m": """function said(n)
  for k = 1:n, fprintf('step %d: %g\\n', k, k / 3); end
  warning('not this');  fprintf(2, 'nor that');  disp([1.5 2])
end
""",
    "outs.m": """function [a, b, n] = outs(x)
  a = x; b = x; n = nargout;
  if isnumeric(x), b = -x; end
end
""",
    "twice.m": "function y = twice(f, x)\n  y = f(f(x));\nend\n",
    "fails.m": """function y = fails(x)
  if x < 0, error('Tree:negative', 'x is negative: %d', x); end
  if x == 0, error('there is nothing at zero'); end
  y = 1 / x;
end
""",
    "kinds.m": """function t = kinds(v)
  t = {};
  for name = fieldnames(v)', x = v.(name{1}); t{end + 1} = [name{1} ' ' class(x) ' ' mat2str(size(x))]; end
  t = t(:);
end
""",
    "deep/Account.m": """classdef Account
  properties, balance = 0; log = {}; end
  properties (Constant), RATE = 0.25; end
  methods
    function o = Account(b), o.balance = b; end
    function o = deposit(o, v), o.balance = o.balance + v; o.log{end + 1} = sprintf('+%d', v); end
    function [o, v] = take(o, v), o.balance = o.balance - v; end
  end
  methods (Static)
    function r = interest(x), r = Account.RATE * x; end
  end
end
""",
    "deep/Counter.m": """classdef Counter < handle
  properties, n = 0; inner = []; end
  methods
    function r = next(o), o.n = o.n + 1; r = o.n; end
    function adopt(o, other), o.inner = other; end
  end
end
""",
    "deep/+geo/+flat/area.m": "function a = area(shape)\n  a = shape.w * shape.h;\nend\n",
    "deep/+geo/Box.m": """classdef Box
  properties, w = 1; end
  methods, function o = Box(w), o.w = w; end, end
  methods (Static), function b = unit(), b = geo.Box(1); end, end
end
""",
    "deep/Store.m": """classdef Store < handle
  properties (Access = private), config = containers.Map(); kept = {}; end
  properties (Access = protected), parts = []; end
  methods
    function o = Store(config), o.config = config; o.kept = {1, 'two', [3 4]}; o.parts = containers.Map(); end
    function m = all(o), m = o.config; end
    function fill(o, names)
      for k = 1:numel(names), o.parts(names{k}) = struct('at', k, 'list', {{k, names{k}}}); end
    end
  end
end
""",
    "swap.m": """function [m, n] = swap(m)
  n = containers.Map(values(m), keys(m));
end
""",
    "private/hidden.m": "function hidden(), end\n",
    ".git/summary.m": "function summary(), error('a hidden folder'), end\n",
}
PORT = """
import numpy as np


def summary(x, opts):
    mean = np.float64(sum(x.tolist()) / len(x))
    print(f"mean {mean:.3f} of {len(x)}")
    deep = {"list": [1, np.array([1.0, 2.0, 3.0]), [{"a": 1}, {"a": "x"}]]}
    ints = np.array([[1, 2], [3, 4]], np.int32)
    s = {"mean": mean, "names": (opts["name"], "end"), "deep": deep, "flag": True, "int": ints}
    return s | {"empty": None, "none": []}, len(x)


def said(n):
    for k in range(1, n + 1):
        print(f"step {k}: {k / 3:.5g}")
    print("   1.50  2")


def outs(x):
    return *outs_two(x), 3


def outs_two(x):
    return x, -x if isinstance(x, (int, float, np.ndarray)) else x


def twice(f, x):
    return f(f(x))


def neg(x):
    return -x


def fails(x):
    if x < 0:
        raise ValueError(f"x is negative: {x}")
    if x == 0:
        raise ZeroDivisionError("there is nothing at zero")
    return 1 / x


class Account:
    RATE = 0.25

    def __init__(self, balance):
        self.balance, self.log = balance, []

    def deposit(self, v):
        after = Account(self.balance + v)
        after.log = [*self.log, f"+{v}"]
        return after

    def take(self, v):
        return Account(self.balance - v), v

    @staticmethod
    def interest(x):
        return Account.RATE * x


class Counter:
    n, inner = 0, None

    def next(self):
        self.n += 1
        return self.n

    def adopt(self, other):
        self.inner = other


def area(shape):
    return shape["w"] * shape["h"]


class Box:
    def __init__(self, w):
        self.w = w

    @classmethod
    def unit(cls):
        return cls(1)


class Store:
    def __init__(self, config):
        self.config, self.kept, self.parts = config, [1, "two", np.array([3.0, 4.0])], {}

    def all(self):
        return self.config

    def fill(self, names):
        self.parts |= {name: {"at": k, "list": [k, name]} for k, name in enumerate(names, 1)}


def swap(m):
    return m, {value: key for key, value in m.items()}


KINDS = {"float64": "double", "float32": "single", "bool": "logical"}


def kinds(v):
    def of(x):
        if isinstance(x, str):
            return "char [1 %d]" % len(x) if x else "char [0 0]"
        if isinstance(x, dict):
            return "struct [1 1]"
        if isinstance(x, list):
            return f"{'struct' if x and isinstance(x[0], dict) else 'cell'} [1 {len(x)}]"
        x = np.asarray(float(x) if type(x) is int else x)
        shape = x.shape or (1, 1)
        return f"{KINDS.get(x.dtype.name, x.dtype.name)} [{' '.join(map(str, shape))}]"

    return [f"{name} {of(x)}" for name, x in v.items()]
"""
HEAD = """
[matlab]
tree = "tree"
functions = ["summary", "said", "outs", "twice", "fails", "kinds", "Account", "Counter", "geo", "uminus", \
"Store", "swap", "containers.Map"]

[python]
path = "."
targets = { summary = "tree_port:summary", said = "tree_port:said", outs = "tree_port:outs", neg = "tree_port:neg", \
outs_two = "tree_port:outs_two", twice = "tree_port:twice", fails = "tree_port:fails", kinds = "tree_port:kinds", \
Account = "tree_port:Account", Counter = "tree_port:Counter", area = "tree_port:area", Box = "tree_port:Box", \
Store = "tree_port:Store", swap = "tree_port:swap", \
dict = "builtins:dict" }
"""
OBJECT = """
[matlab]
tree = "tree"
class = "Account"
new = ["$x"]

[python]
path = "."
target = "tree_port:Account"
new = { balance = "$x" }
"""


@dataclass
class Sketch:
    """The parts of a case file of one case: what differs from the usual."""

    steps: Sequence[str | tuple[str, str]]
    outputs: str
    inputs: str = ""
    case: str = ""
    agrees: bool = True
    names: Sequence[str] = field(default_factory=tuple)
    head: str = HEAD

    def text(self, name: str) -> str:
        pairs = [step if isinstance(step, tuple) else (step, step) for step in self.steps]
        written = ",\n".join(f"  {{ matlab = {m!r}, python = {p!r} }}" for m, p in pairs)
        return (
            f"{self.head}\n[inputs]\n{self.inputs}\n[outputs]\n{self.outputs}\n[scenario]\nmain = [\n{written}\n]\n"
            f"[[case]]\nname = {name!r}\n{self.case}\n"
        )


VALUE = '{ kind = "value" }'
CASES = {
    "a struct and a count": Sketch(
        ["s, n = summary(x, opts)"],
        f"s = {VALUE}\nn = {VALUE}\ntext = {{ kind = 'printed' }}",
        "x = { value = [1, 2, 4.5] }\nopts = { value = { name = 'hé', n = 3 } }",
        names=["s.mean", "s.names{1}", "s.names{2}", "s.deep.list{1}", "s.deep.list{2}", "s.deep.list{3}(1).a",
               "s.deep.list{3}(2).a", "s.flag", "s.int", "s.empty", "s.none", "n", "text"],
    ),
    "fields of an answer": Sketch(
        [("{mean: m, int: k} = summary(x, {name: 'a'})", "{mean: m, int: k}, _ = summary(x, {name: 'a'})")],
        f"m = {VALUE}\nk = {VALUE}", "x = { value = [1, 2] }", names=["m", "k"],
    ),
    "fewer outputs": Sketch(
        [("a, b = outs(x)", "a, b = outs_two(x)"), ("c = outs(b)", "c, _ = outs_two(b)")],
        f"a = {VALUE}\nc = {VALUE}", "x = { value = [2, 3] }", names=["a", "c"],
    ),
    "a struct that changes later": Sketch(
        [("s = outs({a: 1})", "s, _ = outs_two({a: 1})"), ("a = outs(s)", "a, _ = outs_two(s)"),
         ("s2 = outs(s)", "s2 = change(s)"), ("b = s.a", "{a: b} = keep(s)")],
        f"a = {VALUE}", names=["a.a"],
        head=HEAD.replace("outs_two = ", "change = 'tree_port:change', keep = 'tree_port:keep', outs_two = "),
    ),
    "nargout": Sketch(["a, _, n = outs(1)"], f"a = {VALUE}\nn = {VALUE}", names=["a", "n"]),
    "numbers that are printed": Sketch(
        ["said(3)"],
        'text = { kind = "printed", compare = "numbers", rtol = 1e-4, because = "%g and five digits" }',
        names=["text"],
    ),
    "words that are printed": Sketch(["said(0)"], 'text = { kind = "printed", compare = "words" }', agrees=False),
    "printed to the letter": Sketch(["said(1)"], 'text = { kind = "printed" }', agrees=False),
    "a value class": Sketch(
        ["a = Account(10)", "b0 = a.balance", "b = a.deposit(5)", "c, v = b.take(3)", "a1 = a.balance",
         "b1 = b.balance", "c1 = c.balance", "log = c.log" , "i = Account.interest(b1)", "r = Account.RATE"],
        "\n".join(f"{name} = {VALUE}" for name in ("b0", "a1", "b1", "c1", "v", "i", "r")),
        names=["b0", "a1", "b1", "c1", "v", "i", "r"],
    ),
    "an object of inputs": Sketch(
        ["b = self.balance", "self = deposit(x)", "a = self.balance", "o = Account(1)"],
        f"b = {{ axes = 'N D' }}\na = {VALUE}\no = {VALUE}", "x = { axes = 'N D' }",
        "size = { N = 3, D = 2 }\ndtype = 'float64'", names=["b", "a", "o.RATE", "o.balance", "o.log"], head=OBJECT,
    ),
    "properties are set": Sketch(
        ["a = Account(1)", "a.balance = x", "b = a.balance", "k = Counter()", "k.n = 7", "k.n = b", "n = k.next()"],
        f"b = {VALUE}\nn = {VALUE}", "x = { value = 41 }", names=["b", "n"],
    ),
    "two handles": Sketch(
        ["k = Counter()", "m = Counter()", "k.adopt(m)", "_ = m.next()", "_ = k.inner.next()", "k.inner.n = 9",
         "n = m.n", "o = k.n", "p = k.inner.n"],
        f"n = {VALUE}\no = {VALUE}\np = {VALUE}", names=["n", "o", "p"],
    ),
    "packages": Sketch(
        [("a = geo.flat.area({w: 2, h: x})", "a = area({w: 2, h: x})"), ("b = geo.Box(3)", "b = Box(3)"),
         "w = b.w", ("u = geo.Box.unit()", "u = Box.unit()"), "v = u.w"],
        f"a = {VALUE}\nw = {VALUE}\nv = {VALUE}", "x = { value = 2.5 }", names=["a", "w", "v"],
    ),
    "handles to functions": Sketch(
        [("y = twice(@uminus, x)", "y = twice(@neg, x)"), ("f = outs(@uminus)", "f, _ = outs_two(@neg)"),
         "z = f(x)"],
        f"y = {VALUE}\nz = {VALUE}", "x = { value = [1, 2] }", names=["y", "z"],
    ),
    "every kind of value": Sketch(
        ["t = kinds(v)"],
        f"t = {VALUE}",
        "v = { value = { a = 1, b = true, c = 'abc', d = [1, 2], e = [1, 'x'], f = [], g = { h = 1 }, "
        "i = { _int8 = [1, 2] }, j = { _double = [[1], [2]] }, k = { _single = [], _size = [0, 3] }, "
        "l = { _logical = [true, false] }, m = { _cell = [1, 2, 3] }, n = { _double = [[1, 2], [3, 4]] }, "
        "o = { _struct = [{ a = 1 }, { a = 2 }] }, p = '' }, shapes = 'matlab' }",
        names=[f"t{{{k}}}" for k in range(1, 16)],
    ),
    "maps": Sketch(
        ["m, n = swap(m)", ("k = kinds({m: m})", "k = kinds_of_map({m: m})")],
        f"m = {VALUE}\nn = {VALUE}\nk = {VALUE}",
        "m = { value = { _map = { b = 2, a = 1, 'c d' = 7 } } }",
        names=["m('a')", "m('b')", "m('c d')", "n(1)", "n(2)", "n(7)", "k{1}"],
        head=HEAD.replace("outs_two = ", "kinds_of_map = 'tree_port:kinds_of_map', outs_two = "),
    ),
    "maps of all kinds": Sketch(
        [("a = outs(v)", "a, _ = outs_two(v)")], f"a = {VALUE}",
        "v = { value = { none = { _map = {} }, numbers = { _map = [[2, 'b'], [-1.5, [1, 2]]] }, "
        "deep = [{ _map = { x = { _map = { y = { z = true } } } } }, 'after'] } }",
        names=["a.none", "a.numbers(-1.5)", "a.numbers(2)", "a.deep{1}('x')('y').z", "a.deep{2}"],
    ),
    "a map that changes later": Sketch(
        [("m = containers.Map(['a'], [1])", "m = dict({a: 1})"),
         ("s = outs({m: m, c: [m, 'x']})", "s, _ = same({m: m, c: [m, 'x']})"),
         ("m('a') = x", "m['a'] = x"), ("m('b') = 8", "m['b'] = 8"), ("t, _ = outs(m)", "t, _ = same(m)"),
         ("m('a') = -1", "m['a'] = -1"), ("e = m('b')", "e = m['b']")],
        f"s = {VALUE}\nt = {VALUE}\ne = {VALUE}", "x = { value = 5 }",
        names=["s.m('a')", "s.c{1}('a')", "s.c{2}", "t('a')", "t('b')", "e"],
        head=HEAD.replace("outs_two = ", "same = 'tree_port:same', outs_two = "),
    ),
    "the object as an argument, and the dtype": Sketch(
        [("v, _ = outs({o: self, t: $dtype})", "v, _ = same({o: self, t: $dtype})"), ("t = v.t", "t = v.t"),
         ("r = self.next()", "r = next()"), ("o = v.o", "o = v.o"), ("_ = o.next()", "_ = o.next()"),
         ("adopt(self)", "adopt(self)"), ("n = self.inner.n", "n = self.inner.n")],
        f"t = {VALUE}\nr = {VALUE}\nn = {VALUE}", names=["t", "r", "n"], case="dtype = 'float32'",
        head=HEAD.replace('functions =', 'class = "Counter"\nfunctions =').replace('"Counter", ', '').replace(
            'path = "."', 'path = "."\ntarget = "tree_port:Counter"\nnew = []').replace(
            "outs_two = ", "same = 'tree_port:same', outs_two = "),
    ),
    "elements": Sketch(
        [("c = outs(['p', 'q', x])", "c, _ = outs_two(['p', 'q', x])"), ("a = c{2}", "a = c[1]"),
         ("c{1} = 7", "c[0] = 7"), ("x(2, 1) = $k", "x[1, 0] = $k"), ("y = x(2, ':')", "y = x[1]"),
         ("s = outs({l: [0, 'b']})", "s, _ = outs_two({l: [0, 'b']})"), ("s.l{1} = 'in'", "s.l[0] = 'in'"),
         ("b = s.l", "b = s.l"), ("d = x(1)", "d = item(x)")],
        f"a = {VALUE}\nb = {VALUE}\nc = {VALUE}\nd = {VALUE}\ny = {VALUE}",
        "x = { value = { _double = [[1, 2], [3, 4]] } }", "attrs = { k = -9 }",
        names=["a", "b{1}", "b{2}", "c{1}", "c{2}", "c{3}", "d", "y"],
        head=HEAD.replace("outs_two = ", "item = 'tree_port:item', outs_two = ") + "[attrs]\nk = 0\n",
    ),
    "a class that keeps its properties to itself": Sketch(
        ["fill(['p', 'q'])", "c = self.config", "m = all()", ("m('rate') = 3", "m['rate'] = 3"), "k = self.kept",
         ("r = m('rate')", "r = m['rate']"), ("p = self.parts('q')", "p = self.parts['q']"),
         ("self.parts('q') = 1", "self.parts['q'] = 1"), ("q = self.parts('q')", "q = self.parts['q']"),
         ("t = self.kept{2}", "t = self.kept[1]")],
        "\n".join(f"{name} = {VALUE}" for name in "cmkrpqt"),
        names=["c('deep').x", "c('rate')", "m('deep').x", "m('rate')", "k{1}", "k{2}", "k{3}", "r", "p.at", "p.list{1}",
               "p.list{2}", "q", "t"],
        head="""
[matlab]
tree = "tree"
class = "Store"
new = ["$config"]
[python]
path = "."
target = "tree_port:Store"
new = ["$config"]
[attrs]
config = { _map = { rate = 0.5, deep = { x = [1, 2] } } }
""",
    ),
    "tensors beside values": Sketch(
        [("y = outs(x)", "y, _ = outs_two(x)"), ("z = outs(s)", "z, _ = outs_two(s)")],
        f"y = {{ axes = 'N D' }}\nz = {VALUE}",
        "x = { axes = 'N D' }\ns = { value = ['a', 'b'] }", "size = { N = 2, D = 3 }\ndtype = 'float32'",
        names=["y", "z{1}", "z{2}"],
    ),
    "an identifier": Sketch(
        ["y = fails(-1)"], f"y = {VALUE}", case="refuses = { matlab = 'Tree:negative', python = 'ValueError' }",
    ),
    "a message": Sketch(
        ["y = fails(0)"], f"y = {VALUE}",
        case="refuses = { matlab = { message = 'nothing at' }, python = { exception = 'ZeroDivisionError', "
        "message = 'at zero' } }",
    ),
    "another message": Sketch(
        ["y = fails(0)"], f"y = {VALUE}", agrees=False,
        case="refuses = { matlab = { message = 'something' }, python = 'ZeroDivisionError' }",
    ),
    "another message in Python": Sketch(
        ["y = fails(0)"], f"y = {VALUE}", agrees=False,
        case="refuses = { matlab = { message = 'nothing at zero' }, python = { exception = 'ZeroDivisionError', "
        "message = 'elsewhere' } }",
    ),
    "the right message, another identifier": Sketch(
        ["y = fails(-1)"], f"y = {VALUE}", agrees=False,
        case="refuses = { matlab = { message = 'negative', identifier = 'Tree:other' }, python = 'ValueError' }",
    ),
    "one output diverges": Sketch(
        [("a, b = outs(x)", "b, a = outs_two(x)"), ("b = outs(x)", "b, _ = outs_two(x)")],
        f"a = {VALUE}\nb = {VALUE}", "x = { value = 2 }",
        "diverges = { because = 'they have it the other way', outputs = ['a'] }", names=["a", "b"],
    ),
    "a leaf diverges": Sketch(
        [("s = outs({p: 1, q: 2})", "s, _ = outs_two2({p: 1, q: 3})")], f"s = {VALUE}", names=["s.p", "s.q"],
        case="diverges = { because = 'so it is', outputs = ['s.q'] }",
        head=HEAD.replace("outs_two = ", "outs_two2 = 'tree_port:same', outs_two = "),
    ),
    "another output diverges": Sketch(
        [("a, b = outs(x)", "b, a = outs_two(x)")], f"a = {VALUE}\nb = {VALUE}", "x = { value = 2 }",
        "diverges = { because = 'they have it the other way', outputs = ['a'] }", agrees=False,
    ),
    "only one of two diverges": Sketch(
        [("a, b = outs(x)", "_, a = outs_two(x)"), ("b = outs(1)", "b = neg(-1)")], f"a = {VALUE}\nb = {VALUE}",
        "x = { value = 2 }", "diverges = { because = 'so', outputs = ['a', 'b'] }", agrees=False,
    ),
    "nothing diverges": Sketch(
        ["a, _, n = outs(x)"], f"a = {VALUE}\nn = {VALUE}", "x = { value = 2 }",
        "diverges = { because = 'it did once', outputs = ['n'] }", agrees=False,
    ),
    "MATLAB alone fails": Sketch(
        [("y = fails(-1)", "y = neg(-1)")], f"y = {VALUE}",
        case="diverges = { because = 'the port takes them', matlab = 'Tree:negative' }",
    ),
    "MATLAB alone fails, by its message": Sketch(
        [("y = fails(0)", "y = neg(-1)")], f"y = {VALUE}",
        case="diverges = { because = 'the port takes it', matlab = 'nothing at zero' }",
    ),
    "Python alone fails": Sketch(
        [("y = outs(1)", "y = fails(0)")], f"y = {VALUE}",
        case="diverges = { because = 'MATLAB has Inf', python = 'ZeroDivisionError' }",
    ),
    "Python alone should fail": Sketch(
        [("y = outs(1)", "y = neg(-1)")], f"y = {VALUE}", agrees=False,
        case="diverges = { because = 'MATLAB has Inf', python = 'ZeroDivisionError' }",
    ),
    "Python fails otherwise": Sketch(
        [("y = outs(1)", "y = fails(-1)")], f"y = {VALUE}", agrees=False,
        case="diverges = { because = 'MATLAB has Inf', python = 'ZeroDivisionError' }",
    ),
    "an error is no divergence": Sketch(
        [("y = outs(1)", "y = fails(-1)")], f"y = {VALUE}", agrees=False, case="diverges = 'so'",
    ),
}  # fmt: skip


CHANGE = """

def change(s):
    s["a"] = np.float64(9)
    return s


def keep(s):
    return s


def item(x):
    return x[0, 0]


def kinds_of_map(v):
    return [f"m containers.Map [{len(v['m'])} 1]"]
"""
UNRECORDED = {
    "another message",
    "the right message, another identifier",
}  # Octave's errors are not the wanted ones


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of .m files, their port, and a case file for each case."""
    made = tmp_path_factory.mktemp("any")
    for name, text in TREE.items():
        (made / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (made / "tree" / name).write_text(text)
    (made / "tree_port.py").write_text(f"{PORT}\n\ndef same(x):\n    return x, x\n{CHANGE}")
    for name, sketch in CASES.items():
        (made / f"{name}.toml").write_text(sketch.text(name))
    return made


@pytest.fixture(scope="module")
def cases(folder: Path) -> list[Case]:
    return [case for name in CASES for case in read_case_file(folder / f"{name}.toml")]


@pytest.fixture(scope="module")
def live(cases: list[Case], octave: OctaveEngine) -> dict[str, Result]:
    golden = GoldenEngine()
    return {result.case.name: result for result in run_parity(cases, octave, PortEngine(), golden)}


@pytest.mark.parametrize("name", CASES)
def test_live(live: dict[str, Result], name: str) -> None:
    check(live[name], CASES[name])


def check(result: Result, sketch: Sketch) -> None:
    told = [result.message, *(each.explain() for each in result.comparisons)]
    assert result.passed is sketch.agrees, "\n".join(told)
    if sketch.names:
        assert [each.name for each in result.comparisons] == list(sketch.names)


@pytest.fixture(scope="module")
def recorded(cases: list[Case], live: dict[str, Result], octave: OctaveEngine) -> Iterator[dict[str, Result]]:
    """The same against recorded answers, of the cases that can be recorded: wrong errors cannot."""
    changes = list(record(cases, frozenset({"missing"}), octave))
    failed = {change.file.stem for change in changes if change.what == "failed"}
    assert failed == UNRECORDED
    golden = GoldenEngine()
    todo = [case for case in cases if case.name not in failed]
    assert [stale(case, golden.record(case)) for case in todo] == [""] * len(todo)
    yield {result.case.name: result for result in run_parity(todo, golden, PortEngine(), golden)}
    assert all(
        judge(c, *[golden_answer(golden, c)] * 2, ("matlab", "matlab")).status is Status.AGREES for c in todo
    )


def golden_answer(golden: GoldenEngine, case: Case) -> Any:
    return next(golden.run_all([(case, inputs_of(case, golden))]))


@pytest.mark.parametrize("name", [name for name in CASES if name not in UNRECORDED])
def test_recorded(recorded: dict[str, Result], name: str) -> None:
    check(recorded[name], CASES[name])


def test_divergences_are_told(live: dict[str, Result]) -> None:
    told = {name: (result.status, result.message) for name, result in live.items() if result.case.diverges}
    assert told["one output diverges"] == (Status.DIVERGES, "they have it the other way")
    assert told["MATLAB alone fails"] == (Status.DIVERGES, "the port takes them")
    assert told["Python alone fails"] == (Status.DIVERGES, "MATLAB has Inf")
    assert told["another output diverges"] == (
        Status.DIFFERS, "b must not differ; a alone is declared to diverge: they have it the other way")  # fmt: skip
    assert told["nothing diverges"] == (
        Status.DIFFERS, "n agrees, but is declared to diverge: it did once")  # fmt: skip
    assert told["only one of two diverges"] == (Status.DIFFERS, "b agrees, but is declared to diverge: so")
    assert told["Python alone should fail"] == (
        Status.DIFFERS,
        "obtained: answers, but is declared to diverge with the error 'ZeroDivisionError': MATLAB has Inf",
    )  # fmt: skip
    for name in ("Python fails otherwise", "an error is no divergence"):
        assert told[name][0] is Status.ERROR
        assert "ValueError: x is negative: -1" in told[name][1]


def test_texts_that_differ_are_told(live: dict[str, Result]) -> None:
    [found] = live["printed to the letter"].comparisons
    assert (
        found.explain() == "text: differs: wanted line 1: 'step 1: 0.333333', got line 1: 'step 1: 0.33333'"
    )
    [found] = live["words that are printed"].comparisons
    assert found.explain() == "text: differs: wanted '1.5000 2.0000', got '1.50 2'"


def test_of_texts_that_differ_nobody_claims_that_they_were_looked_into(live: dict[str, Result]) -> None:
    with Reference(GoldenEngine()) as reference:
        for name in ("printed to the letter", "words that are printed"):
            assert live[name].answers is not None
            assert located(live[name], GoldenEngine(), reference).diagnosis is None


def test_answers_are_there_leaf_by_leaf(live: dict[str, Result]) -> None:
    answers = live["a struct and a count"].answers
    assert answers is not None
    for side in answers:
        assert side["s.deep.list{2}"].shape == (1, 3)
        assert side["s.names{1}"] == "hé"


def test_a_case_of_values_alone_has_one_dtype(folder: Path) -> None:
    assert [case.id for case in read_case_file(folder / "nargout.toml")] == ["nargout [float64]"]


def test_whole_numbers_are_handed_over_as_such(folder: Path) -> None:
    [case] = read_case_file(folder / "a struct and a count.toml")
    assert type(inputs_of(case, GoldenEngine())["opts"]["n"]) is int


# The digest: all that the answer depends on, and no more.


CHANGES: dict[str, tuple[str, str, bool]] = {
    "another value": ("n = 3", "n = 4", True),
    "another class": ("n = 3", "n = { _int8 = 3 }", True),
    "another function": ('"summary", "said"', '"summary"', True),
    "another target": ('summary = "tree_port:summary"', 'summary = "tree_port:other"', False),
    "a tolerance": ('s = { kind = "value" }', 's = { kind = "value", ulp = 1, because = "so" }', False),
    "the shapes": ('s = { kind = "value" }', 's = { kind = "value", shapes = "matlab" }', False),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_makes_a_record_stale(folder: Path, what: str) -> None:
    before, after, stales = CHANGES[what]
    text = CASES["a struct and a count"].text("one")
    assert before in text
    digests = set()
    for told in (text, text.replace(before, after)):
        (folder / "digest.toml").write_text(told)
        digests.add(read_case_file(folder / "digest.toml")[0].digest())
    (folder / "digest.toml").unlink()
    assert (len(digests) == 2) is stales


# What a case file may not say.


def wrong(sketch: Sketch, before: str = "", after: str = "") -> str:
    text = sketch.text("one")
    assert before in text
    return text.replace(before, after) if before else text


ONE = CASES["nargout"]
STRUCT = CASES["a struct and a count"]
BAD: dict[str, tuple[str, str]] = {
    "a function that is not declared": (
        wrong(Sketch(["y = sumary(1)"], f"y = {VALUE}")),
        "matlab step 'y = sumary(1)' calls 'sumary', which is not declared; functions = [...] under [matlab] declares",
    ),
    "a target that is not declared": (
        wrong(Sketch([("y = outs(1)", "y = other(1)")], f"y = {VALUE}")),
        "python step 'y = other(1)' calls 'other', which is not declared; targets = {...} under [python] declares",
    ),
    "a handle to what is not declared": (
        wrong(Sketch(["y = outs(@system)"], f"y = {VALUE}")), "@system is not declared"),
    "a method of what is not there": (
        wrong(Sketch(["y = a.next()", "a = Counter()"], f"y = {VALUE}")), "calls 'a.next', which is not declared"),
    "a property of what is not there": (
        wrong(Sketch(["y = a.n"], f"y = {VALUE}")), "speaks of 'a.n', which is not declared"),
    "self without an object": (
        wrong(Sketch(["y = self.n"], f"y = {VALUE}")), "wanted a call of summary; if it is a class"),
    "a name of code that is none": (
        wrong(ONE, '"uminus"', '"a;b"'), "matlab: functions: wanted names of functions and classes"),
    "functions in a text": (wrong(ONE, 'functions = [', 'functions = "x"\nold = ['), "matlab"),
    "a target without a module": (
        wrong(ONE, '"tree_port:neg"', '"neg"'), "python: targets: neg: wanted 'module:name', got 'neg'"),
    "a tree that is not there": (wrong(ONE, 'tree = "tree"', 'tree = "three"'), "matlab: tree: 'three': there is no"),
    "rules that are none": (
        wrong(ONE, 'tree = "tree"', 'tree = "tree"\nallow = "all"'), "matlab: allow: wanted a list"),
    "another kind": (wrong(ONE, VALUE, '{ kind = "any" }'), "kind: wanted one of tensor, value, printed, got 'any'"),
    "a value with axes": (wrong(ONE, VALUE, '{ kind = "value", axes = "N" }'), "which is of kind 'value': 'axes'"),
    "another comparison": (
        wrong(STRUCT, "{ kind = 'printed' }", "{ kind = 'printed', compare = 'loosely' }"),
        "compare: wanted one of text, words, numbers, got 'loosely'"),
    "a tolerance for letters": (
        wrong(STRUCT, "{ kind = 'printed' }", "{ kind = 'printed', atol = 1, because = 'x' }"),
        'a tolerance is for numbers: compare = "numbers"'),
    "a tolerance without a reason": (
        wrong(ONE, VALUE, '{ kind = "value", rtol = 1 }'), "a tolerance wants a reason"),
    "shapes of neither": (
        wrong(ONE, VALUE, '{ kind = "value", shapes = "c" }'), 'shapes: wanted "python" or "matlab", got \'c\''),
    "a form of no class": (
        wrong(STRUCT, "n = 3", "n = { _int7 = 3 }"), "inputs: opts: value.n: '_int7' means nothing here"),
    "two forms": (wrong(STRUCT, "n = 3", "n = { _int8 = 3, _char = 'a' }"), "got _char and _int8"),
    "a size alone": (wrong(STRUCT, "n = 3", "n = { _size = [1, 2] }"), "wanted one of"),
    "too large for int8": (wrong(STRUCT, "n = 3", "n = { _int8 = [300] }"), "wanted numbers of class int8"),
    "a part for int8": (wrong(STRUCT, "n = 3", "n = { _int8 = 1.5 }"), "wanted numbers of class int8"),
    "ragged rows": (wrong(STRUCT, "n = 3", "n = { _double = [[1], [1, 2]] }"), "as long as each other"),
    "numbers for truths": (wrong(STRUCT, "n = 3", "n = { _logical = [1] }"), "wanted true and false"),
    "a size of others": (wrong(STRUCT, "n = 3", "n = { _double = [1, 2], _size = [2, 2] }"), "wants 4 elements, got 2"),
    "a size of one": (wrong(STRUCT, "n = 3", "n = { _double = [1], _size = [1] }"), "_size: wanted two sizes or more"),
    "an imaginary int": (wrong(STRUCT, "n = 3", "n = { _int8 = 1, _imag = 2 }"), "_imag: wanted as many"),
    "an imaginary cell": (wrong(STRUCT, "n = 3", "n = { _cell = [1], _imag = 2 }"), "_cell has no imaginary part"),
    "structs of other keys": (
        wrong(STRUCT, "n = 3", "n = { _struct = [{ a = 1 }, { b = 1 }] }"), "wanted tables of the same keys"),
    "rows of other lengths": (wrong(STRUCT, "n = 3", "n = { _char = ['a', 'bc'] }"), "rows as long as each other"),
    "a map of one number": (
        wrong(STRUCT, "n = 3", "n = { _map = 3 }"), "value.n: _map: wanted a table, or a list of [key, value]"),
    "a map of keys of two kinds": (
        wrong(STRUCT, "n = 3", "n = { _map = [['a', 1], [2, 3]] }"), "wanted keys that are all text or all numbers"),
    "a map with a key twice": (
        wrong(STRUCT, "n = 3", "n = { _map = [[1, 'a'], [1.0, 'b']] }"), "wanted each key once, got [1, 1.0]"),
    "a map with a key that is no key": (
        wrong(STRUCT, "n = 3", "n = { _map = [[[1], 'a']] }"), "wanted keys that are all text or all numbers"),
    "a map with a size": (wrong(STRUCT, "n = 3", "n = { _map = {}, _size = [0, 0] }"), "'_size' means nothing here"),
    "an attribute of no form": (
        wrong(ONE, "[inputs]", "[attrs]\na = { _in8 = 1 }\n[inputs]"), "attrs: a: '_in8' means nothing here"),
    "an argument of no form": (
        wrong(CASES["a class that keeps its properties to itself"], 'new = ["$config"]', "new = [{ _map = 1 }]"),
        "matlab: new: _map: wanted a table"),
    "self where there is none": (
        wrong(Sketch(["y = outs(self)"], f"y = {VALUE}")),
        "matlab step 'y = outs(self)' uses 'self', which is no input and was not bound before"),
    "brackets of Python in MATLAB": (
        wrong(Sketch([("c = outs(['a'])", "c = outs(['a'])"), ("y = c[1]", "y = c[0]")], f"y = {VALUE}")),
        "matlab step 'y = c[1]': an element is x(...), or x{...} of a cell in MATLAB"),
    "brackets of MATLAB in Python": (
        wrong(Sketch([("c = outs(['a'])", "c = outs(['a'])"), ("y = c{1}", "y = c{1}")], f"y = {VALUE}")),
        "python step 'y = c{1}': an element is x[...] in Python"),
    "an element of nothing": (
        wrong(Sketch([("y = outs(1)", "y = outs(1)"), ("d{1} = 2", "y[0] = 2")], f"y = {VALUE}")),
        "matlab step 'd{1} = 2' speaks of 'd', which is not declared"),
    "a field that is no name": (wrong(STRUCT, "n = 3", "'a b' = 3"), "value: 'a b': wanted the name of a field"),
    "a date": (wrong(STRUCT, "n = 3", "n = 2000-01-01"), "inputs: opts: value.n: wanted a number"),
    "a refusal of nobody": (
        wrong(CASES["an identifier"], "'Tree:negative'", "{ }"), "refuses: wanted { matlab = 'Class:identifier'"),
    "a refusal by other words": (
        wrong(CASES["an identifier"], "'Tree:negative'", "{ text = 'x' }"), "refuses: matlab: 'text' means nothing"),
    "no exception": (
        wrong(CASES["an identifier"], "'ValueError'", "{ message = 'x' }"), "python: wanted the name of an exception"),
    "a divergence without a reason": (
        wrong(CASES["one output diverges"], "because = 'they have it the other way', ", ""), "with because = "),
    "a divergence of nothing": (
        wrong(CASES["one output diverges"], "['a']", "['zz']"), "'zz' is no output of this case; there are ['a', 'b']"),
    "a divergence by no error": (
        wrong(CASES["MATLAB alone fails"], "matlab = 'Tree:negative'", "matlab = ''"),
        "diverges: wanted the error's identifier, message or exception"),
    "two divergences": (
        wrong(CASES["one output diverges"], "['a']", "['a'], matlab = 'x'"),
        "wanted one of outputs, matlab and python"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_what_a_case_file_may_not_say(folder: Path, what: str) -> None:
    text, told = BAD[what]
    file = folder / "bad.toml"
    file.write_text(text)
    try:
        with pytest.raises(CaseError) as caught:
            read_case_file(file)
    finally:
        file.unlink()
    assert str(caught.value).startswith(f"{file}: ")
    assert told in str(caught.value)


# Whatever stands in a case file: cases, or an error that says what is wrong.

PLAIN = st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.booleans(),
    st.text(max_size=4),
    st.dates(),
    st.sampled_from(["$n", "$", "$$x"]),
)
KEYS = st.sampled_from(
    ["a", "b", "_int8", "_double", "_char", "_cell", "_struct", "_logical", "_size", "_imag", "_x", "a b"]
)
TOLD = st.recursive(
    PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


@given(TOLD)
@settings(max_examples=300, deadline=None)
def test_any_toml_is_a_value_or_an_error(told: Any) -> None:
    try:
        made = given_value("inputs: x: value", told)
    except CaseError as error:
        assert str(error).startswith("inputs: x: value")  # noqa: PT017
        return
    try:
        over = to_matlab(made)
    except DTypeError:
        return  # an int that is no exact double, for one, which to_spec tells
    assert all(each.verdict.agrees for each in match("x", over, to_python(made)))


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_case_file_with_a_change_is_read_or_refused(folder: Path, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(list(CASES.values()))).text("one")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 8)))
    other = data.draw(
        st.one_of(st.text("'\"[]{}=,.@$_ \n1ax", max_size=4), st.sampled_from(["true", "[[1]]", "{}"]))
    )
    file = folder / "changed.toml"
    file.write_text(text[:start] + other + text[end:])
    try:
        for case in read_case_file(file):
            case.digest()
    except CaseError as error:
        assert str(error).startswith(f"{file}: ")  # noqa: PT017
    finally:
        file.unlink()
