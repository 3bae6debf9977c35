"""Case files: what they mean, and one clear error, naming file, case and key, for whatever they may not say."""

# ruff: noqa: E501  -- a table of texts is read by its columns
from __future__ import annotations

import hashlib
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pybn.case import Case
from pybn.case_file import is_case_file, read_case_file
from pybn.compare import Tolerance
from pybn.errors import CaseError, FileError
from pybn.parity import find_cases

GOOD = """about = "A layer."
[matlab]
path = "."
class = "Layer"
new = ["n", "$eps"]
[python]
target = "mine.layers:Layer"
new = { eps = "$eps", layout = "$layout" }
[attrs]
eps = 1e-5
layout = "HWCN"
[inputs]
x = { axes = "H W C N", python = "$layout" }
w = { axes = "C" }
k = { axes = "C", dtype = "int32", draw = "integers" }
[outputs]
y = { axes = "H W C N", python = "$layout" }
m = { axes = "C", matlab = "C 1" }
[scenario]
main = [
  { matlab = "y = Forward(x, w, $eps)", python = "y = forward(x, w)" },
  { matlab = "m = self.mean", python = "m = self.mean" },
]
other = [{ matlab = "y = Forward(x, w)", python = "y = forward(x, w)" }]
[[case]]
name = "one"
size = { H = 5, W = 4, C = 3, N = 2 }
[[case]]
name = "two"
size = { H = 1, W = 1, C = 1, N = 1 }
"""


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], list[Case]]:
    """Read a case file of this text."""

    def run(text: str) -> list[Case]:
        (tmp_path / "layer.toml").write_text(text, encoding="utf-8")
        return read_case_file(tmp_path / "layer.toml")

    return run


def changed(old: str, new: str) -> str:
    """The good file with one thing replaced."""
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def of_case(more: str) -> str:
    """The good file with more said of its first case."""
    return changed('name = "one"\n', f'name = "one"\n{more}\n')


# What a file means.


def test_a_case_for_each_dtype_in_order(read: Any) -> None:
    assert [c.id for c in read(GOOD)] == ["one [float64]", "one [float32]", "two [float64]", "two [float32]"]
    assert [c.dtype for c in read(of_case('dtype = "int8"'))[:2]] == ["int8", "float64"]
    assert [c.dtype for c in read(of_case('dtype = ["float32", "uint8"]'))[:2]] == ["float32", "uint8"]


def test_what_a_case_holds(read: Any, tmp_path: Path) -> None:
    case = read(GOOD)[1]
    assert (case.stem, case.name, case.dtype, case.live, case.diverges) == (
        "layer",
        "one",
        "float32",
        False,
        "",
    )
    assert case.fixture == tmp_path / "layer.h5"
    assert (case.matlab.kind, case.matlab.name, case.matlab.new) == ("class", "Layer", ("n", 1e-5))
    assert case.matlab.path == (tmp_path.resolve(),)
    assert (case.python.target, case.python.is_class) == ("mine.layers:Layer", True)
    assert case.python.keywords == {"eps": 1e-5, "layout": "HWCN"}
    assert list(case.inputs) == ["x", "w"]
    assert list(case.outputs) == ["y", "m"]
    x, w, m = case.inputs["x"], case.inputs["w"], case.outputs["m"]
    assert (x.shape, x.axes, x.matlab, x.python, x.dtype) == (
        (5, 4, 3, 2),
        *[("H", "W", "C", "N")] * 3,
        "float32",
    )
    assert (w.shape, w.matlab, w.python) == ((3,), ("1", "C"), ("C",))
    assert m.matlab == ("C", "1")
    assert case.tolerances == {"y": Tolerance(), "m": Tolerance()}


def test_a_case_says_more_than_its_file(read: Any) -> None:
    text = of_case(
        'attrs = { eps = 0.1, layout = "NCHW" }\nscenario = "other"\nlive = true\ndiverges = "why"\n'
        'inputs = { w = { dtype = "float64", draw = "full", value = 2 } }\n'
        'outputs = { y = { ulp = { float32 = 3 }, because = "so" } }'
    )
    double, single, *_, two = read(text)
    assert (double.live, double.diverges, double.attrs["eps"]) == (True, "why", 0.1)
    assert double.inputs["x"].python == ("N", "C", "H", "W")
    assert (single.inputs["w"].dtype, single.inputs["x"].dtype) == ("float64", "float32")
    assert list(single.outputs) == ["y"]
    assert (double.tolerances["y"].ulp, single.tolerances["y"].ulp) == (0, 3)
    assert (two.attrs["eps"], two.inputs["w"].draw) == (1e-5, {})


def test_an_output_may_name_its_layer(read: Any) -> None:
    one, *_, two = read(changed('matlab = "C 1" }', 'matlab = "C 1", layer = "bn1" }'))
    assert [(t.name, t.layer) for t in one.outputs.values()] == [("y", ""), ("m", "bn1")]
    assert two.outputs["m"].layer == "bn1"


def test_another_drawing_replaces_the_whole_drawing(read: Any) -> None:
    text = changed(
        'w = { axes = "C" }', 'w = { axes = "C", mean = 5, std = 2, set = [{ at = [0], value = 1 }] }'
    )
    full = text.replace('name = "one"\n', 'name = "one"\ninputs = { w = { draw = "full", value = 1 } }\n')
    assert read(full)[0].inputs["w"].draw == {"draw": "full", "value": 1}
    same = text.replace('name = "one"\n', 'name = "one"\ninputs = { w = { mean = 6 } }\n')
    assert read(same)[0].inputs["w"].draw["mean"] == 6
    assert read(same)[0].inputs["w"].draw["std"] == 2


def test_dollars(read: Any) -> None:
    text = changed(
        'new = ["n", "$eps"]', 'new = ["$$eps", "$$", "a$eps", ["$eps", { a = "$layout" }], "$dtype"]'
    )
    assert read(text)[1].matlab.new == ("$eps", "$", "a$eps", [1e-5, {"a": "HWCN"}], "float32")
    # What an attribute holds is not looked at again.
    assert (
        read(changed('layout = "HWCN"\n[inputs]', 'layout = "HWCN"\nb = "$eps"\n[inputs]'))[0].attrs["b"]
        == "$eps"
    )


def test_a_shape_from_an_attribute(read: Any) -> None:
    text = changed('w = { axes = "C" }', 'w = { shape = "$s" }').replace(
        "eps = 1e-5\n", "eps = 1e-5\ns = [2, 3]\n"
    )
    w = read(text)[0].inputs["w"]
    assert (w.shape, w.axes, w.matlab, w.python) == ((2, 3), (), ("d0", "d1"), ("d0", "d1"))


def test_a_refusal_declares_no_outputs(read: Any) -> None:
    case = read(of_case('refuses = { matlab = "Layer:shape", python = "ShapeError" }'))[0]
    assert (case.outputs, case.refuses.matlab, case.refuses.python) == ({}, "Layer:shape", "ShapeError")


def test_the_committed_files() -> None:
    assert len(find_cases()) > 60


# What a file may not say: how it is changed, and what the message says beside the file.

IN_ONE = "case 'one': "
AXES = "wanted different names of axes such as 'H W C N', got "
NUMBER = "wanted a number (integers of 64 bits), text, true, false, a list or a table, got "

BAD: dict[str, tuple[str, str]] = {
    # The file.
    "empty": ("", "case: wanted at least one [[case]], got none"),
    "no case": (GOOD[: GOOD.index("[[case]]")], "case: wanted at least one [[case]], got none"),
    "no toml": ("a = = 1", "is no TOML: Invalid value"),
    "twice a key": ("a = 1\na = 2", "is no TOML: Cannot overwrite a value"),
    "a huge number": (f"a = {'9' * 5000}", "is no TOML: Exceeds the limit"),
    "a huge hexadecimal": (of_case(f"live = 0x{'f' * 5000}"), IN_ONE + "live: wanted true or false, got a value of type int that is too long"),
    "nested lists": (f"a = {'[' * 5000}", "is no TOML: "),
    "nested tables": (f"{'.'.join('a' * 500)} = 1\n" + GOOD, "wanted at most 32 levels of tables and lists"),
    "unknown table": (GOOD + "[other]\n", "the file: 'other' means nothing here; known are about, attrs, case"),
    "about a number": (changed('"A layer."', "5"), "about: wanted text, got 5"),
    "case a table": ("[case]\nname = 'a'", "case: wanted tables under [[case]], got {'name': 'a'}"),
    "case a number": ("case = 5", "case: wanted tables under [[case]], got 5"),
    # The case.
    "no name": (changed('name = "one"\n', ""), "case: name: wanted a line of 1 to 200 characters, got None"),
    "empty name": (changed('"one"', '""'), "case: name: wanted a line of 1 to 200 characters, got ''"),
    "blank name": (changed('"one"', '"  "'), "case: name: wanted a line of 1 to 200 characters, got '  '"),
    "a name of two lines": (changed('"one"', r'"a\nb"'), r"got 'a\nb'"),
    "a name that clears the screen": (changed('"one"', r'"\u001b[2J"'), r"got '\x1b[2J'"),
    "a long name": (changed('"one"', f'"{"n" * 201}"'), "case: name: wanted a line of 1 to 200 characters, got 'nnn"),
    "a name twice": (changed('"two"', '"one"'), "case 'one [float64]' stands twice; names must differ"),
    "a dtype twice": (of_case('dtype = ["int8", "int8"]'), "case 'one [int8]' stands twice"),
    "unknown key": (of_case("sizes = 1"), IN_ONE + "the case: 'sizes' means nothing here; known are attrs, diverges"),
    "no dtype": (of_case("dtype = []"), IN_ONE + "dtype: wanted the name of a dtype or a list of them, got []"),
    "dtype a number": (of_case("dtype = 5"), IN_ONE + "dtype: wanted the name of a dtype or a list of them, got 5"),
    "dtype of lists": (of_case("dtype = [[]]"), IN_ONE + "dtype: wanted one of bool, complex128"),
    "unknown dtype": (of_case('dtype = "float16"'), IN_ONE + "dtype: wanted one of bool, complex128"),
    "dtype of itself": (of_case('dtype = "$dtype"'), IN_ONE + "'$dtype' names no attribute; there are ['eps', 'layout']"),
    "live a text": (of_case('live = "no"'), IN_ONE + "live: wanted true or false, got 'no'"),
    "diverges a flag": (of_case("diverges = true"), IN_ONE + "diverges: wanted the reason, or a table with because = '...', got True"),
    "refuses a text": (of_case('refuses = "E"'), IN_ONE + "refuses: wanted { matlab = 'Class:identifier'"),
    "refuses one side": (of_case('refuses = { matlab = "E" }'), IN_ONE + "refuses: wanted { matlab"),
    "refuses nothing": (of_case('refuses = { matlab = "", python = "E" }'), IN_ONE + "refuses: wanted { matlab"),
    "refuses and diverges": (of_case('refuses = { matlab = "E", python = "E" }\ndiverges = "w"'), IN_ONE + "refuses, diverges: wanted one of them"),
    "unknown scenario": (of_case('scenario = "none"'), IN_ONE + "scenario: wanted one of ['main', 'other'], got 'none'"),
    "scenario a list": (of_case("scenario = [1]"), IN_ONE + "scenario: wanted one of ['main', 'other'], got [1]"),
    # Sizes.
    "size a list": (changed("size = { H = 5, W = 4, C = 3, N = 2 }", "size = [5, 4]"), IN_ONE + "size: wanted a table, got [5, 4]"),
    "size a flag": (changed("H = 5", "H = true"), IN_ONE + "size: H: wanted a number of elements, got True"),
    "size negative": (changed("H = 5", "H = -5"), IN_ONE + "size: H: wanted a number of elements, got -5"),
    "size a fraction": (changed("H = 5", "H = 5.0"), IN_ONE + "size: H: wanted a number of elements, got 5.0"),
    "size of no name": (changed("H = 5", '1 = 5'), IN_ONE + "size: wanted names of axes, got '1'"),
    "size missing": (changed("H = 5, ", ""), IN_ONE + "inputs: x: no size for the axis 'H'; size has ['C', 'N', 'W']"),
    "size of a million million": (changed("H = 5", "H = 1_000_000_000_000"), IN_ONE + "inputs: x: wanted at most 1 GiB, got float64 of shape [1000000000000, 4, 3, 2]"),
    "size beyond all": (changed("H = 5", f"H = {10**30}"), IN_ONE + "inputs: x: wanted at most 1 GiB"),
    "size beyond all, and none": (changed("H = 5, W = 4", f"H = {10**30}, W = 0"), IN_ONE + "inputs: x: wanted at most 1 GiB"),
    # Attributes.
    "attrs a list": (of_case("attrs = []"), IN_ONE + "attrs: wanted a table, got []"),
    "attr a date": (of_case("attrs = { eps = 2020-01-01 }"), IN_ONE + "attrs: eps: " + NUMBER + "datetime.date(2020, 1, 1)"),
    "attr a deep date": (of_case("attrs = { eps = [{ a = 10:00:00 }] }"), IN_ONE + "attrs: eps: " + NUMBER + "datetime.time(10, 0)"),
    "attr beyond 64 bits": (of_case(f"attrs = {{ eps = {2**63} }}"), IN_ONE + "attrs: eps: " + NUMBER + str(2**63)),
    "attr of no name": (of_case("attrs = { 1a = 5 }"), IN_ONE + "attrs: '1a': wanted a name"),
    "attr called dtype": (of_case("attrs = { dtype = 5 }"), IN_ONE + "attrs: 'dtype': wanted a name"),
    "attr unknown": (changed('"$eps"]', '"$epsilon"]'), IN_ONE + "'$epsilon' names no attribute; there are ['dtype', 'eps', 'layout', 'w', 'x']"),
    "attr unknown in a step": (changed("x, w, $eps)", "x, w, $epsilon)"), IN_ONE + "matlab step 'y = Forward(x, w, $epsilon)': $epsilon names no attribute"),
    # The two sides.
    "no matlab": (changed('class = "Layer"\n', ""), IN_ONE + "matlab: wanted either class or function, got none"),
    "class and function": (changed('class = "Layer"\n', 'class = "Layer"\nfunction = "f"\n'), IN_ONE + "matlab: wanted either class or function, got class and function"),
    "class a number": (changed('"Layer"\n', "5\n"), IN_ONE + "matlab: class: wanted text, got 5"),
    "class a call": (changed('"Layer"\n', '"Layer(); system(1)"\n'), IN_ONE + "matlab: class: wanted a name such as 'BatchNorm' or 'package.name', got 'Layer(); system(1)'"),
    "matlab unknown": (changed('class = "Layer"\n', 'class = "Layer"\nfile = "f"\n'), IN_ONE + "matlab: 'file' means nothing here"),
    "matlab new a table": (changed('new = ["n", "$eps"]', "new = {}"), IN_ONE + "matlab: new: wanted a list of arguments, got {}"),
    "matlab new a date": (changed('new = ["n", "$eps"]', "new = [2020-01-01]"), IN_ONE + "matlab: new: " + NUMBER),
    "a function constructed": (changed('class = "Layer"', 'function = "Layer"'), IN_ONE + "matlab: new: a function is not constructed"),
    "path not there": (changed('path = "."', 'path = "../nowhere"'), IN_ONE + "matlab: path: '../nowhere': there is no folder /"),
    "path a number": (changed('path = "."', "path = [5]"), IN_ONE + "matlab: path: wanted a folder or a list of folders, got [5]"),
    "path cut by a zero": (changed('path = "."', r'path = ".\u0000"'), IN_ONE + "matlab: path: wanted a folder"),
    "python path not there": (changed('target = "mine', 'path = "src"\ntarget = "mine'), IN_ONE + "python: path: 'src': there is no folder /"),
    "no target": (changed('target = "mine.layers:Layer"\n', ""), IN_ONE + "python: target: wanted 'module:name', got ''"),
    "target a file": (changed("mine.layers:Layer", "mine/layers.py"), IN_ONE + "python: target: wanted 'module:name', got 'mine/layers.py'"),
    "target code": (changed("mine.layers:Layer", "os:system('x')"), IN_ONE + "python: target: wanted 'module:name'"),
    "python new a text": (changed('new = { eps = "$eps", layout = "$layout" }', 'new = "x"'), IN_ONE + "python: new: wanted a table of keywords"),
    # Steps.
    "step unknown key": (changed('other = [{ matlab', 'other = [{ octave = "f()", matlab'), "scenario: other: 'octave' means nothing here; known are matlab, python"),
    "step empty": (changed("other = [{ ", "other = [{}, { "), "scenario: other: wanted a list of tables with the keys matlab and python"),
    "no step": (changed('other = [{ matlab = "y = Forward(x, w)", python = "y = forward(x, w)" }]', "other = []"), "scenario: other: wanted a list of tables"),
    "step a number": (changed('"m = self.mean", python', "5, python"), "scenario: main: matlab: matlab: wanted text, got 5"),
    "step no step": (changed('"m = self.mean", python', '"m = ", python'), "scenario: main: matlab: step 'm = ': wanted a name"),
    "step and scenario": ("step = [{ python = 'f()' }]\n" + GOOD, "step: wanted either [[step]] or scenario.main, got both"),
    "no main": (changed("main = [", "first = ["), IN_ONE + "step: wanted a list of tables with the keys matlab and python, got None"),
    "variable unknown": (changed("forward(x, w)\" },\n  {", "forward(x, v)\" },\n  {"), IN_ONE + "python step 'y = forward(x, v)' uses 'v', which is no input and was not bound before"),
    "output on one side": (changed('python = "m = self.mean"', 'python = "n = self.mean"'), IN_ONE + "no python step binds the output 'm'"),
    "no output": (GOOD.replace("y = { axes", "p = { axes").replace("m = { axes", "q = { axes"), IN_ONE + "outputs: no step binds any of the declared outputs"),
    "keywords in matlab": (changed("x, w, $eps)", "x, w, eps=$eps)"), IN_ONE + "matlab step 'y = Forward(x, w, eps=$eps)': MATLAB has no keyword arguments"),
    "the object called": (changed("Forward(x, w, $eps)", "self(x, w)"), IN_ONE + "matlab step 'y = self(x, w)': wanted a method of the object"),
    "a property of no object": (changed('new = { eps = "$eps", layout = "$layout" }\n', ""), IN_ONE + "python step 'y = forward(x, w)': wanted a call of Layer"),
    # Tensors.
    "tensor a number": (changed('w = { axes = "C" }', "w = 5"), IN_ONE + "inputs: w: wanted a table, got 5"),
    "tensor undeclared": (of_case("inputs = { z = { axes = 'C' } }"), IN_ONE + "inputs: 'z' is not declared in [inputs]"),
    "tensor of no name": (changed('w = { axes = "C" }', 'w = { axes = "C" }\n"w\'" = { axes = "C" }'), IN_ONE + 'inputs: "w\'": wanted a name'),
    "tensor called self": (changed('w = { axes = "C" }', 'w = { axes = "C" }\nself = { axes = "C" }'), IN_ONE + "inputs: 'self': wanted a name"),
    "tensor unknown key": (changed('w = { axes = "C" }', 'w = { axes = "C", axis = 1 }'), IN_ONE + "inputs: w: 'axis' means nothing here"),
    "unknown key of a tensor that no step uses": (changed('k = { axes = "C"', 'k = { axis = "C"'), IN_ONE + "inputs: k: 'axis' means nothing here"),
    "an input with a tolerance": (changed('w = { axes = "C" }', 'w = { axes = "C", ulp = 1 }'), IN_ONE + "inputs: w: 'ulp' means nothing here"),
    "an output that is drawn": (changed('matlab = "C 1" }', 'draw = "ramp" }'), IN_ONE + "outputs: m: 'draw' means nothing here"),
    "no axes": (changed('w = { axes = "C" }', "w = {}"), IN_ONE + "inputs: w: axes: wanted axes such as 'H W C N', got None"),
    "axes a list": (changed('w = { axes = "C" }', 'w = { axes = ["C"] }'), IN_ONE + "inputs: w: axes: wanted axes such as 'H W C N', got ['C']"),
    "axes twice": (changed('w = { axes = "C" }', 'w = { axes = "C C" }'), IN_ONE + "inputs: w: axes: " + AXES + "'C C'"),
    "an axis 1": (changed('w = { axes = "C" }', 'w = { axes = "1 C" }'), IN_ONE + "inputs: w: axes: " + AXES + "'1 C'"),
    "axes no names": (changed('w = { axes = "C" }', 'w = { axes = "C-1" }'), IN_ONE + "inputs: w: axes: " + AXES + "'C-1'"),
    "other axes on a side": (changed('matlab = "C 1"', 'matlab = "C N"'), IN_ONE + "outputs: m: matlab: wanted the axes 'C' in some order, got 'C N'"),
    "fewer axes on a side": (of_case('attrs = { layout = "HWC" }'), IN_ONE + "inputs: x: python: wanted the axes 'H W C N' in some order, got 'H W C'"),
    "axes and shape": (changed('w = { axes = "C" }', 'w = { axes = "C", shape = [3] }'), IN_ONE + "inputs: w: wanted either axes or shape, got both"),
    "shape a number": (changed('w = { axes = "C" }', "w = { shape = 3 }"), IN_ONE + "inputs: w: shape: wanted a list of sizes, got 3"),
    "shape of flags": (changed('w = { axes = "C" }', "w = { shape = [true] }"), IN_ONE + "inputs: w: shape: wanted a list of sizes, got [True]"),
    "shape negative": (changed('w = { axes = "C" }', "w = { shape = [-1] }"), IN_ONE + "inputs: w: shape: wanted a list of sizes, got [-1]"),
    "tensor dtype": (changed('w = { axes = "C" }', 'w = { axes = "C", dtype = [] }'), IN_ONE + "inputs: w: dtype: wanted one of bool"),
    "layer a number": (changed('matlab = "C 1" }', "layer = 1 }"), IN_ONE + "outputs: m: layer: wanted text, got 1"),
    "layer of an input": (changed('w = { axes = "C" }', 'w = { axes = "C", layer = "bn1" }'), IN_ONE + "inputs: w: 'layer' means nothing here"),
    # Drawing.
    "unknown draw": (changed('w = { axes = "C" }', 'w = { axes = "C", draw = "gauss" }'), IN_ONE + "inputs: w: draw: wanted one of normal, uniform, integers, bool, ramp, full, values, got 'gauss'"),
    "draw a list": (changed('w = { axes = "C" }', 'w = { axes = "C", draw = [] }'), IN_ONE + "inputs: w: draw: wanted one of normal"),
    "another's option": (changed('w = { axes = "C" }', 'w = { axes = "C", draw = "uniform", mean = 1 }'), IN_ONE + "inputs: w: drawn as 'uniform': 'mean' means nothing here; known are draw, high, low, same_along, set"),
    "mean a flag": (changed('w = { axes = "C" }', 'w = { axes = "C", mean = true }'), IN_ONE + "inputs: w: mean: wanted a number, got True"),
    "mean a text": (changed('w = { axes = "C" }', 'w = { axes = "C", mean = "1" }'), IN_ONE + "inputs: w: mean: wanted a number, got '1'"),
    "low a fraction": (changed('w = { axes = "C" }', 'w = { axes = "C", draw = "integers", low = 0.5 }'), IN_ONE + "inputs: w: low: wanted a whole number, got 0.5"),
    "values of text": (changed('w = { axes = "C" }', 'w = { axes = "C", values = [1, "2"] }'), IN_ONE + "inputs: w: values: wanted lists of numbers, got [1, '2']"),
    "no values": (changed('w = { axes = "C" }', 'w = { axes = "C", draw = "values" }'), IN_ONE + "inputs: w: values: wanted lists of numbers, got None"),
    "same_along a number": (changed('w = { axes = "C" }', 'w = { axes = "C", same_along = 1 }'), IN_ONE + "inputs: w: same_along: wanted names of axes, got 1"),
    "set a number": (changed('w = { axes = "C" }', 'w = { axes = "C", set = 1 }'), IN_ONE + "inputs: w: set: wanted a list of { at = [...], value = ... }, got 1"),
    "set beside": (changed('w = { axes = "C" }', 'w = { axes = "C", set = [{ at = [3], value = 1 }] }'), IN_ONE + "inputs: w: set: at: wanted an index into shape [3], from 0, got [3]"),
    "set from the end": (changed('w = { axes = "C" }', 'w = { axes = "C", set = [{ at = [-1], value = 1 }] }'), IN_ONE + "inputs: w: set: at: wanted an index"),
    "set a whole row": (changed('w = { axes = "C" }', 'w = { axes = "C", set = [{ at = [], value = 1 }] }'), IN_ONE + "inputs: w: set: at: wanted an index"),
    "set a flag": (changed('w = { axes = "C" }', 'w = { axes = "C", set = [{ at = [true], value = 1 }] }'), IN_ONE + "inputs: w: set: at: wanted an index"),
    "set to a list": (changed('w = { axes = "C" }', 'w = { axes = "C", set = [{ at = [0], value = [1] }] }'), IN_ONE + "inputs: w: set: value: wanted a number, got [1]"),
    # Tolerances.
    "no reason": (changed('matlab = "C 1" }', "ulp = 2 }"), IN_ONE + 'outputs: m: ulp: a tolerance wants a reason: because = "..."'),
    "a blank reason": (changed('matlab = "C 1" }', 'rtol = 0.1, because = " " }'), IN_ONE + "outputs: m: rtol: a tolerance wants a reason"),
    "no reason for one dtype": (changed('matlab = "C 1" }', "atol = { float32 = 1 } }").replace('name = "two"', 'name = "two"\ndtype = "float64"'), "case 'one': outputs: m: atol: a tolerance wants a reason"),
    "a reason of 5": (changed('matlab = "C 1" }', "because = 5 }"), IN_ONE + "outputs: m: because: wanted text, got 5"),
    "ulp a flag": (changed('matlab = "C 1" }', 'ulp = true, because = "x" }'), IN_ONE + "outputs: m: ulp: wanted a number >= 0, got True"),
    "ulp negative": (changed('matlab = "C 1" }', 'ulp = -1, because = "x" }'), IN_ONE + "outputs: m: ulp: wanted a number >= 0, got -1"),
    "ulp nan": (changed('matlab = "C 1" }', 'ulp = nan, because = "x" }'), IN_ONE + "outputs: m: ulp: wanted a number >= 0, got nan"),
    "atol infinite": (changed('matlab = "C 1" }', 'atol = inf, because = "x" }'), IN_ONE + "outputs: m: atol: wanted a number >= 0, got inf"),
    "ulp a text": (changed('matlab = "C 1" }', 'ulp = "2", because = "x" }'), IN_ONE + "outputs: m: ulp: wanted a number >= 0, got '2'"),
    "ulp of no dtype": (changed('matlab = "C 1" }', 'ulp = { single = 2 }, because = "x" }'), IN_ONE + "outputs: m: ulp: 'single' means nothing here"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_one_error_that_names_file_case_and_key(read: Any, tmp_path: Path, what: str) -> None:
    text, message = BAD[what]
    with pytest.raises(CaseError) as caught:
        read(text)
    said = str(caught.value)
    assert said.startswith(f"{tmp_path / 'layer.toml'}: ")
    assert message in said
    assert len(said) < 900
    if message.startswith(IN_ONE):
        assert said.startswith(f"{tmp_path / 'layer.toml'}: {IN_ONE}")
        assert said.count("case 'one'") == 1


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, words in [
        (tmp_path / "none.toml", "No such file or directory"),
        (tmp_path, "Is a directory"),
        ("a\0b.toml", "null byte"),
    ]:
        with pytest.raises(FileError) as caught:
            read_case_file(path)
        assert str(caught.value).startswith(f"{path}: cannot be read: ")
        assert words in str(caught.value)
    for raw, words in [
        (b"\xff\xfe", "is no TOML: 'utf-8' codec"),
        (b"#" * ((4 << 20) + 1), "of at most 4 MiB"),
    ]:
        (tmp_path / "a.toml").write_bytes(raw)
        with pytest.raises(CaseError, match=words):
            read_case_file(tmp_path / "a.toml")
        assert not is_case_file(tmp_path / "a.toml")


def test_what_is_taken_for_a_case_file(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    for text, mine in [
        (GOOD, True),
        ("[project]\nname = 'x'", False),
        ("[[case]]", False),
        ("case = 1\npython = 2", True),
    ]:
        file.write_text(text, encoding="utf-8")
        assert is_case_file(file) is mine
    assert not is_case_file(tmp_path / "none.toml")


# Anything at all.


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def quietly(folder: Path, raw: bytes) -> None:
    """Read it; only what is promised may be raised."""
    (folder / "fuzz.toml").write_bytes(raw)
    with suppress(CaseError, FileError):
        read_case_file(folder / "fuzz.toml")


VALUES = st.sampled_from(
    [
        "5",
        "-1",
        "1.5",
        "nan",
        "inf",
        "true",
        '""',
        '"$eps"',
        '"$x"',
        '"$$"',
        "[]",
        "[[]]",
        "[1, 'a']",
        "{}",
        "{ a = 1 }",
        "2020-01-01",
        "10:00:00",
        "9223372036854775808",
        '"\\u0000"',
        '"H W"',
        "[{}]",
        "'''\n'''",
    ]
)
KEYS = sorted({line.split(" =")[0] for line in GOOD.splitlines() if " = " in line and line[0] not in " ["})


@given(st.binary(max_size=80))
@settings(max_examples=100, deadline=None)
def test_no_bytes_raise_anything_else(folder: Path, raw: bytes) -> None:
    quietly(folder, raw)


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_no_value_of_any_key_raises_anything_else(folder: Path, data: Any) -> None:
    lines = GOOD.splitlines()
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.sampled_from([k for k, line in enumerate(lines) if " = " in line]))
        before, _, after = lines[at].rpartition(" = ")
        end = " }" if after.rstrip(",").endswith("}") else ""
        lines[at] = f"{before} = {data.draw(VALUES)}{end}{',' * after.endswith(',')}"
    quietly(folder, "\n".join(lines).encode())


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_no_key_said_anywhere_raises_anything_else(folder: Path, data: Any) -> None:
    lines = GOOD.splitlines()
    at = data.draw(st.integers(0, len(lines)))
    key = data.draw(st.sampled_from([*KEYS, "inputs", "refuses", "dtype", "scenario", "live", "step"]))
    lines.insert(at, f"{key} = {data.draw(VALUES)}")
    quietly(folder, "\n".join(lines).encode())


# The digest.


def digest(read: Any, text: str) -> str:
    found: str = read(text)[1].digest()
    return found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('class = "Layer"', 'class = "Layer2"'),
        ('"n", "$eps"]', '"m", "$eps"]'),
        ('"n", "$eps"]', '"n", "$eps", []]'),
        ("eps = 1e-5", "eps = 1e-6"),
        ("eps = 1e-5", "eps = -0.0"),
        ("eps = 1e-5", "eps = nan"),
        ("y = Forward(x, w, $eps)", "y = Forward(w, x, $eps)"),
        ('{ matlab = "m = self.mean", python', '{ matlab = "m = self.var", python'),
        ("H = 5, W = 4", "H = 4, W = 5"),
        ('w = { axes = "C" }', 'w = { axes = "C", mean = 1 }'),
        ('w = { axes = "C" }', 'w = { axes = "C", dtype = "float64" }'),
        ('w = { axes = "C" }', 'w = { axes = "C", matlab = "C 1" }'),
        ('matlab = "C 1"', 'matlab = "1 C"'),
        ('name = "one"', 'name = "one"\ndtype = ["float32", "float64"]'),
        ('name = "one"', 'name = "one"\nrefuses = { matlab = "E", python = "E" }'),
    ],
)
def test_the_digest_changes_with_what_the_oracle_is_asked(read: Any, old: str, new: str) -> None:
    assert digest(read, changed(old, new)) != digest(read, GOOD)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"A layer."', '"Another text."'),
        ("mine.layers:Layer", "yours:Layer"),
        ('new = { eps = "$eps", layout = "$layout" }', "new = {}"),
        ('layout = "HWCN"\n[inputs]', 'layout = "NCHW"\n[inputs]'),
        ("[attrs]", "[attrs]\nonly_python = 5"),
        ('python = "m = self.mean"', 'python = "m = self.nodes.mean"'),
        ('matlab = "C 1" }', 'matlab = "C 1", ulp = 2, because = "so" }'),
        ('matlab = "C 1" }', 'matlab = "C 1", layer = "bn1" }'),
        ('name = "one"', 'name = "one"\nlive = true'),
        ('name = "one"', 'name = "one"\ndiverges = "so"'),
        ('name = "two"', 'name = "three"'),
        ("[inputs]", "# A word.\n[inputs]"),
    ],
)
def test_the_digest_stays_with_all_else(read: Any, old: str, new: str) -> None:
    assert digest(read, changed(old, new)) == digest(read, GOOD)


def test_the_digest_holds_the_refusal_of_the_oracle_alone(read: Any) -> None:
    one, two, three = (
        digest(read, of_case(f'refuses = {{ matlab = "{m}", python = "{p}" }}'))
        for m, p in ("AB", "AC", "BB")
    )
    assert one == two != three


def test_the_digest_is_the_same_everywhere(read: Any, tmp_path: Path) -> None:
    text = of_case("attrs = { eps = [1e22, 0.1, 5e-324, nan, -inf, -0.0, 1] }")
    here = [c.digest() for c in read(text)]
    # Written out, so that fixtures recorded under one version stay fresh under the next.
    spelt = (
        '{"attrs": {"eps": [1e+22, 0.1, 5e-324, NaN, -Infinity, -0.0, 1]}, '
        '"inputs": [["x", [5, 4, 3, 2], "float64", ["H", "W", "C", "N"], ["H", "W", "C", "N"], {}], '
        '["w", [3], "float64", ["C"], ["1", "C"], {}]], '
        '"matlab": ["class", "Layer", ["n", [1e+22, 0.1, 5e-324, NaN, -Infinity, -0.0, 1]], '
        '["y = Forward(x, w, $eps)", "m = self.mean"]], '
        '"outputs": [["y", [5, 4, 3, 2], "float64", ["H", "W", "C", "N"], ["H", "W", "C", "N"], {}], '
        '["m", [3], "float64", ["C"], ["C", "1"], {}]], "refuses": null}'
    )
    assert here[0] == hashlib.sha256(spelt.encode()).hexdigest()
    code = "import sys; from pybn.case_file import read_case_file as r; print(*[c.digest() for c in r(sys.argv[1])])"
    for seed in ("0", "1"):
        command = [sys.executable, "-c", code, str(tmp_path / "layer.toml")]
        there = subprocess.run(
            command, capture_output=True, text=True, timeout=60, env={"PYTHONHASHSEED": seed}, check=True
        )
        assert there.stdout.split() == here


def test_the_good_file_is_toml() -> None:
    assert set(tomllib.loads(GOOD)) >= {"matlab", "python", "inputs", "outputs", "scenario", "case"}
