"""Any MATLAB value in Python: what goes over, what comes back, and when the two are the same."""

from __future__ import annotations

import io
from collections import OrderedDict, namedtuple
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from octave_cases import make_case

from pybn.case import Case, Value
from pybn.compare import Tolerance, Verdict
from pybn.engines.driver.wire import WireError, dump, load
from pybn.engines.octave import OctaveEngine
from pybn.errors import DTypeError, EngineError, FormatError
from pybn.formats.fixture import Record, read_fixture, write_fixture
from pybn.formats.fixture_value import decode, encode
from pybn.values import (
    Cell,
    CharArray,
    Foreign,
    Map,
    StructArray,
    describe,
    foreign,
    leaves,
    match,
    to_matlab,
    to_python,
)
from pybn.values.leaves import children

EMPTY = np.zeros((0, 0))


def same(a: Any, b: Any) -> bool:
    """Tell whether two MATLAB values are the same to the bit."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return bool(
            a.shape == b.shape and a.dtype == b.dtype and a.tobytes(order="F") == b.tobytes(order="F")
        )
    if isinstance(a, Cell):
        return bool(a.shape == b.shape and all(map(same, a.items, b.items)))
    if isinstance(a, StructArray):
        return bool(a.shape == b.shape and a.fields == b.fields and all(map(same, a.elements, b.elements)))
    if isinstance(a, Map):
        return a.keys == b.keys and a.key_type == b.key_type and all(map(same, a.items, b.items))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[name], b[name]) for name in a)
    return bool(a == b)


def wired(value: Any) -> Any:
    """Through the format in which values go to Octave and back."""
    stream = io.BytesIO()
    dump(value, stream)
    stream.seek(0)
    found = load(stream)
    assert not stream.read()
    return found


# What Octave makes of a Python value, and of one of ours.

TELL = """function t = tell(v)
  shown = '';
  if isinteger(v), shown = strtrim(sprintf('%d ', v)); elseif isfloat(v) || islogical(v), shown = mat2str(v); end
  t = sprintf('%s %s %s %d', class(v), mat2str(size(v)), shown, iscomplex(v));
end
"""
OVER = {
    "1": (1, "double [1 1] 1 0"),
    "a float": (1.5, "double [1 1] 1.5 0"),
    "true": (True, "logical [1 1] true 0"),
    "complex": (1 + 2j, "double [1 1] 1+2i 1"),
    "text": ("hé", "char [1 3]  0"),
    "no text": ("", "char [0 0]  0"),
    "None": (None, "double [0 0] [] 0"),
    "an empty list": ([], "double [0 0] [] 0"),
    "numbers": ([1, 2.5, 3], "double [1 3] [1 2.5 3] 0"),
    "a range": (range(3), "double [1 3] [0 1 2] 0"),
    "complex numbers": ([1, 2j], "double [1 2] [1+0i 0+2i] 1"),
    "singles": ([np.float32(1), np.float32(2)], "single [1 2] [1 2] 0"),
    "truths": ([True, False], "cell [1 2]  0"),
    "mixed": ([1, "a"], "cell [1 2]  0"),
    "lists": ([[1, 2], [3, 4]], "cell [1 2]  0"),
    "a tuple": ((1, 2), "double [1 2] [1 2] 0"),
    "a dict": ({"a": 1}, "struct [1 1]  0"),
    "NumPy, 0-D": (np.array(3, np.int8), "int8 [1 1] 3 0"),
    "NumPy, 1-D": (np.array([1, 2], np.uint16), "uint16 [1 2] 1 2 0"),
    "NumPy, 2-D": (np.array([[1.0], [2.0]], np.float32), "single [2 1] [1;2] 0"),
    "NumPy's scalar": (np.float32(0.5), "single [1 1] 0.5 0"),
    "int64": (np.int64(2**62 + 1), "int64 [1 1] 4611686018427387905 0"),
    "other byte order": (np.array([258], ">i2"), "int16 [1 1] 258 0"),
    "truths of NumPy": (np.array([True, False]), "logical [1 2] [true false] 0"),
    "texts of NumPy": (np.array(["a", "b"]), "cell [1 2]  0"),
    "objects of NumPy": (np.array([[1, "a"]], object), "cell [1 2]  0"),
    "records of NumPy": (np.zeros(2, [("a", "f8"), ("b", "i4")]), "struct [1 2]  0"),
    "a cell": (Cell((2, 1), (1, "b")), "cell [2 1]  0"),
    "structs": (StructArray((3, 1), ("a",), tuple({"a": k} for k in range(3))), "struct [3 1]  0"),
    "rows": (CharArray((2, 2), ("ab", "cd")), "char [2 2]  0"),
    "a map": (Map.of({"b": 1, "a": {"x": [1, 2]}}), "containers.Map [2 1]  0"),
    "a map of numbers": (Map.of({2: "b", 1.5: "a", -1: None}), "containers.Map [3 1]  0"),
    "no keys": (Map.of({}), "containers.Map [0 1]  0"),
}


@pytest.fixture(scope="module")
def told(octave: OctaveEngine, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    folder = tmp_path_factory.mktemp("m")
    (folder / "tell.m").write_text(TELL)
    case = value_case(folder, "tell", ["t = tell(v)"], inputs=("v",), outputs=("t",))
    answers = octave.run_all([(case, {"v": value}) for value, _ in OVER.values()])
    return {name: answer["t"] for name, answer in zip(OVER, answers, strict=True)}  # type: ignore[index]


def value_case(folder: Path, name: str, steps: list[str], *, inputs: Any = (), outputs: Any = ()) -> Case:
    case = make_case(folder, name, steps)
    return replace(
        case,
        input_values={key: Value(key) for key in inputs},
        output_values={key: Value(key) for key in outputs},
    )


@pytest.mark.parametrize("name", OVER)
def test_what_a_python_value_is_in_octave(told: Mapping[str, str], name: str) -> None:
    assert told[name] == OVER[name][1]


BACK = {
    "numbers": ("[1 2; 3 4]", np.array([[1.0, 2.0], [3.0, 4.0]])),
    "a range": ("1:3", np.array([[1.0, 2.0, 3.0]])),
    "int8": ("int8([1; -2])", np.array([[1], [-2]], np.int8)),
    "N-D": ("zeros(2, 0, 3, 'uint8')", np.zeros((2, 0, 3), np.uint8)),
    "logical": ("[true; false]", np.array([[True], [False]])),
    "complex": ("single([1+2i 3])", np.array([[1 + 2j, 3]], np.complex64)),
    "sparse": ("sparse([0 2; 1 0])", np.array([[0.0, 2.0], [1.0, 0.0]])),
    "sparse truths": ("sparse([true false])", np.array([[True, False]])),
    "diagonal": ("2 * eye(2)", np.array([[2.0, 0.0], [0.0, 2.0]])),
    "text": ("'hé'", "hé"),
    "bytes": ("char([233 65])", "éA"),
    "no text": ("''", ""),
    "rows": ("['abc'; 'de ']", CharArray((2, 3), ("abc", "de "))),
    "no rows": ("zeros(3, 0, 'uint8')(:, [])", np.zeros((3, 0), np.uint8)),
    "a column of text": ("['a'; 'b']", CharArray((2, 1), ("a", "b"))),
    "pages of text": ("cat(3, ['ab'; 'cd'], ['ef'; 'gh'])", CharArray((2, 2, 2), ("ab", "cd", "ef", "gh"))),
    "empty rows": ("char(zeros(2, 0))", CharArray((2, 0), ("", ""))),
    "a cell": ("{1, 'a'; [], {}}", Cell((2, 2), (np.ones((1, 1)), EMPTY, "a", Cell((0, 0), ())))),
    "no cells": ("cell(0, 3)", Cell((0, 3), ())),
    "a struct": ("struct('b', 1, 'a', 'x')", {"b": np.ones((1, 1)), "a": "x"}),
    "no fields": ("struct()", {}),
    "structs": ("struct('a', {1; 'x'})", StructArray((2, 1), ("a",), ({"a": np.ones((1, 1))}, {"a": "x"}))),
    "no structs": ("struct('a', {}, 'b', {})", StructArray((0, 0), ("a", "b"), ())),
    "a map": (
        "containers.Map({'b', 'a c'}, {1, 'x'})", Map(("a c", "b"), ("x", np.ones((1, 1))))),
    "a map of numbers": (
        "containers.Map({3, -1.5}, {{}, 'x'})", Map((-1.5, 3.0), ("x", Cell((0, 0), ())), "double")),
    "a map of integers": (
        "containers.Map('KeyType', 'int32', 'ValueType', 'any')", Map((), (), "int32")),
    "a map in maps": (
        "containers.Map('a', containers.Map(2, containers.Map()))",
        Map(("a",), (Map((2.0,), (Map((), ()),), "double"),))),
    "structs without fields": ("repmat(struct(), 1, 2)", StructArray((1, 2), (), ({}, {}))),
}  # fmt: skip


@pytest.fixture(scope="module")
def came(octave: OctaveEngine, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    folder = tmp_path_factory.mktemp("m")
    jobs = []
    for k, (text, _) in enumerate([*BACK.values(), ("{1, @sin}", 0), ("containers.Map('m', {@sin})", 0)]):
        (folder / f"make{k}.m").write_text(f"function v = make{k}()\n  v = {text};\nend\n")
        jobs.append((value_case(folder, f"make{k}", [f"v = make{k}()"], outputs=("v",)), {}))
    return dict(zip([*BACK, "a handle", "a handle in a map"], octave.run_all(jobs), strict=True))


@pytest.mark.parametrize("name", BACK)
def test_what_a_value_of_octave_is_here(came: Mapping[str, Any], name: str) -> None:
    assert same(came[name]["v"], BACK[name][1])


@pytest.mark.parametrize("name", BACK)
def test_a_value_goes_through_a_fixture(tmp_path: Path, name: str) -> None:
    value = BACK[name][1]
    write_fixture(tmp_path / "a.h5", [Record("id", "", {}, {}, {"v": value}, {"v": value})])
    record = read_fixture(tmp_path / "a.h5")["id"]
    assert same(record.inputs["v"], value)
    assert same(record.outputs["v"], value)
    assert same(wired(value), value)


def test_what_does_not_leave_octave_is_named(came: Mapping[str, Any]) -> None:
    assert isinstance(came["a handle"], EngineError)
    assert "v{2} is a function handle" in str(came["a handle"])
    assert "v('m') is a function handle" in str(came["a handle in a map"])
    assert foreign({"a": Cell((1, 1), (Foreign("f"),))}, "x") == {"x.a{1}": Foreign("f")}


# Values at random.

SHAPES = st.lists(st.integers(0, 3), min_size=2, max_size=3).map(tuple)
DTYPES = st.sampled_from(["f8", "f4", "c16", "c8", "?", "i1", "u1", "i4", "u8", "i8"]).map(np.dtype)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
FIELDS = st.lists(st.sampled_from(["a", "b", "c_1", "Deep"]), unique=True, max_size=3)


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    shape, dtype = draw(SHAPES), draw(DTYPES)
    raw = draw(st.binary(min_size=64, max_size=64))
    x = np.resize(np.frombuffer(raw, np.uint8), (int(np.prod(shape)) * dtype.itemsize,))
    return (x % 2).astype(bool).reshape(-1)[: int(np.prod(shape))].reshape(shape) if dtype.kind == "b" else (
        x.view(dtype).reshape(shape))  # fmt: skip


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    @st.composite
    def cell(draw: st.DrawFn) -> Any:
        shape = draw(SHAPES)
        return Cell(shape, tuple(draw(inner) for _ in range(int(np.prod(shape)))))

    @st.composite
    def structs(draw: st.DrawFn) -> Any:
        shape, names = draw(SHAPES), tuple(draw(FIELDS))
        elements = tuple({name: draw(inner) for name in names} for _ in range(int(np.prod(shape))))
        return StructArray(shape, names, elements) if len(elements) != 1 else elements[0]

    maps = st.one_of(
        st.dictionaries(TEXTS, inner, max_size=3), st.dictionaries(st.floats(-9, 9), inner, max_size=3)
    ).map(Map.of)
    return st.one_of(
        maps, cell(), structs(), FIELDS.flatmap(lambda n: st.fixed_dictionaries(dict.fromkeys(n, inner)))
    )


VALUES = st.recursive(st.one_of(arrays(), TEXTS), containers, max_leaves=8)


@given(VALUES)
@settings(max_examples=150, deadline=None)
def test_any_value_keeps_its_bits(value: Any) -> None:
    assert same(wired(value), value)
    structure, vectors = encode(value)
    assert same(decode(structure, vectors), value)
    found = match("v", value, wired(value))
    assert all(each.verdict is Verdict.EQUAL for each in found)
    assert [each.name for each in found] == list(leaves(value, "v"))


@given(VALUES)
@settings(max_examples=150, deadline=None)
def test_what_python_is_handed_matches_what_it_came_from(value: Any) -> None:
    for side in (match("v", value, to_python(value)), match("v", to_python(value), value)):
        assert [each.explain() for each in side if not each.verdict.agrees] == []


@given(VALUES, st.data())
@settings(max_examples=150, deadline=None)
def test_a_changed_leaf_is_found_and_named(value: Any, data: st.DataObject) -> None:
    places = [path for path, leaf in leaves(value, "v").items() if isinstance(leaf, np.ndarray) and leaf.size]
    if not places:
        return
    path = data.draw(st.sampled_from(places))
    other = to_python(changed(value, "v", path), shapes=True)
    assert [each.name for each in match("v", value, other) if not each.verdict.agrees] == [path]


def changed(value: Any, here: str, path: str) -> Any:
    """A copy of a value in which the array at a path is of another dtype."""
    if here == path:
        return np.zeros(value.shape, np.int16 if value.dtype != np.int16 else np.int8)
    inner = {place: changed(child, place, path) for place, child in children(value, here)}
    if isinstance(value, Cell):
        return Cell(value.shape, tuple(inner.values()))
    if isinstance(value, StructArray):
        return StructArray(value.shape, value.fields, tuple(inner.values()))
    if isinstance(value, Map):
        return Map(value.keys, tuple(inner.values()), value.key_type)
    return dict(zip(value, inner.values(), strict=True)) if isinstance(value, dict) else value


@given(st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS, st.binary(max_size=3)),
                    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
                    max_leaves=6))  # fmt: skip
@example([-12_004_861_030_686_523_392])  # beyond int64 and uint64
@example([[1.5, 2**70], [1, 2**64]])
@settings(max_examples=200, deadline=None)
def test_a_python_value_goes_over_or_says_why_not(value: Any) -> None:
    try:
        over = to_matlab(value, "x")
    except DTypeError:
        with pytest.raises(DTypeError, match=r"^x"):
            to_matlab(value, "x")
        return
    assert all(each.verdict.agrees for each in match("x", over, value)) or _truths(value)
    wired(over)


def _truths(value: Any) -> bool:
    """A list of nothing but truth values is a cell in MATLAB: as all lists are that are not of numbers."""
    return True if value == [] else any(map(_truths, value)) if isinstance(value, list) else False


@given(st.binary(max_size=80))
@settings(max_examples=200, deadline=None)
def test_other_bytes_are_no_value(raw: bytes) -> None:
    try:
        load(io.BytesIO(raw))
    except WireError:
        return


# When a Python value is the same.


@dataclass
class Layer:
    weight: Any
    bias: Any


Pair = namedtuple("Pair", "a b")  # noqa: PYI024
ROW, COLUMN = np.array([[1.0, 2.0, 3.0]]), np.array([[1.0], [2.0], [3.0]])
ONE = np.ones((1, 1))
SAME = {
    "a row, 1-D": (ROW, np.array([1.0, 2.0, 3.0])),
    "a column, 1-D": (COLUMN, np.array([1.0, 2.0, 3.0])),
    "a row, a list": (ROW, [1, 2, 3]),
    "a row, a tuple of floats": (ROW, (1.0, 2.0, 3.0)),
    "a matrix, lists": (np.array([[1.0, 2.0], [3.0, 4.0]]), [[1, 2], [3, 4]]),
    "1x1, an int": (ONE, 1),
    "1x1, a float": (ONE, 1.0),
    "1x1, 0-D": (ONE, np.array(1.0)),
    "1x1, one element": (ONE, np.array([1.0])),
    "1x1, a scalar": (ONE, np.float64(1)),
    "int8, an int": (np.array([[-3]], np.int8), -3),
    "ints, a list": (np.array([[1, 2]], np.int16), [1, 2]),
    "single, an int": (np.ones((1, 1), np.float32), 1),
    "complex, a complex": (np.array([[1 + 2j]]), 1 + 2j),
    "real, a complex without imaginary part": (ONE, 1 + 0j),
    "complex of one that is real": (np.array([[1 + 0j, 2]]), np.array([1.0, 2.0])),
    "logical, a bool": (np.array([[True]]), True),
    "logicals, a list": (np.array([[True, False]]), [True, False]),
    "trailing ones": (np.ones((2, 3)), np.ones((2, 3, 1, 1))),
    "NaN": (np.array([[np.nan]]), float("nan")),
    "text": ("abc", np.str_("abc")),
    "rows of text": (CharArray((2, 3), ("abc", "de ")), ["abc", "de"]),
    "[], None": (EMPTY, None),
    "[], a list": (EMPTY, []),
    "[], no elements": (EMPTY, np.array([])),
    "a cell, a list": (Cell((1, 2), (ONE, "a")), [1, "a"]),
    "a cell column, a tuple": (Cell((2, 1), (ONE, "a")), (1, "a")),
    "a cell of numbers, a list": (Cell((1, 2), (ONE, ONE)), [1, 1]),
    "a cell matrix, lists": (Cell((2, 2), ("a", "c", "b", "d")), [["a", "b"], ["c", "d"]]),
    "a cell, objects of NumPy": (Cell((1, 2), ("a", ONE)), np.array(["a", 1], object)),
    "no cells": (Cell((1, 0), ()), []),
    "a struct, a dict": ({"b": ONE, "a": "x"}, {"a": "x", "b": 1}),
    "a struct, a mapping": ({"b": ONE, "a": "x"}, OrderedDict(a="x", b=1)),
    "a struct, an object": ({"weight": ROW, "bias": ONE}, Layer(np.array([1.0, 2.0, 3.0]), 1)),
    "a struct, a namespace that has more": ({"a": ONE}, SimpleNamespace(a=1, b=2)),
    "a struct, a named tuple": ({"a": ONE, "b": "x"}, Pair(1, "x")),
    "a cell, a named tuple": (Cell((1, 2), (ONE, "x")), Pair(1, "x")),
    "structs, dicts": (StructArray((1, 2), ("a",), ({"a": ONE}, {"a": ROW})), [{"a": 1}, {"a": [1, 2, 3]}]),
    "no fields": ({}, {}),
    "a map, a dict": (Map.of({"b c": ONE, "a": ROW}), {"b c": 1, "a": [1, 2, 3]}),
    "a map of numbers, a dict": (Map.of({1: "x", 2.5: "y"}), {2.5: "y", 1: "x"}),
    "keys of another class": (Map((1.0,), ("x",), "int32"), {1: "x"}),
    "no keys": (Map.of({}), {}),
    "deep": ({"l": Cell((1, 2), ({"w": COLUMN}, ONE))}, {"l": [{"w": np.array([1.0, 2.0, 3.0])}, 1]}),
}
OTHER = {
    "int32 for double": (ROW, np.array([1, 2, 3], np.int32), "v: wrong dtype: wanted float64, got int32"),
    "single for double": (ONE, np.float32(1), "v: wrong dtype: wanted float64, got float32"),
    "a float for single": (np.ones((1, 1), np.float32), 1.0, "wrong dtype: wanted float32, got float64"),
    "a NumPy int for double": (ONE, np.int64(1), "v: wrong dtype: wanted float64, got int64"),
    "1 for true": (np.array([[True]]), 1, "v: wrong dtype: wanted bool, got float64"),
    "true for 1": (ONE, True, "v: wrong dtype: wanted float64, got bool"),
    "an int that int8 has not": (np.array([[44]], np.int8), 300, "v: wrong dtype: wanted int8, got float64"),
    "another length": (ROW, np.array([1.0, 2.0]), "v: wrong shape: wanted (1, 3), got (1, 2)"),
    "a column for a row, 2-D": (ROW, COLUMN, "v: wrong shape: wanted (1, 3), got (3, 1)"),
    "another number": (ROW, [1, 2, 4], "v: differs in 1 of 3 elements: max 2.3e+15 ULP, abs 1"),
    "another text": ("abc", "abd", "v: differs: wanted 'abc', got 'abd'"),
    "text for a number": (ONE, "1", "v: wrong structure: wanted 1.0, a 1x1 double, got the text '1'"),
    "None for a number": (ONE, None, "v: missing: wanted 1.0, a 1x1 double, got nothing"),
    "a number for []": (EMPTY, 0, "v: wrong shape: wanted (0, 0), got (1, 1)"),
    "a longer list": (Cell((1, 1), ("a",)), ["a", "b"], "wanted a 1x1 cell, got a 1x2 cell"),
    "a field too few": ({"a": ONE, "b": ONE}, {"a": 1}, "wanted a struct with fields a, b, got a struct with fields a"),
    "a field too many": ({"a": ONE}, {"a": 1, "b": 1}, "wanted a struct with fields a, got a struct with fields a, b"),
    "an attribute too few": (
        {"a": ONE, "b": ONE}, SimpleNamespace(a=1), "wanted a struct with fields a, b, got a struct with fields a"),
    "an object for a number": (ONE, SimpleNamespace(), "got an object of class types.SimpleNamespace"),
    "a set": (Cell((1, 1), ("a",)), {"a"}, "wanted a 1x1 cell, got an object of class builtins.set"),
    "bytes for text": ("a", b"a", "wanted the text 'a', got an object of class builtins.bytes"),
    "a masked array": (ROW, np.ma.masked_array([1.0, 2.0, 3.0], [0, 1, 0]), "got an object of class masked array"),
    "datetimes": (ONE, np.datetime64("2000-01-01"), "got an object of class NumPy's datetime64[D]"),
    "deep": ({"l": Cell((1, 2), ({"w": COLUMN}, ONE))}, {"l": [{"w": [1, 2, 4]}, 1]}, "v.l{1}.w: differs"),
    "a key too few": (
        Map.of({"a": ONE, "b": ONE}), {"a": 1},
        "wanted a containers.Map with keys a, b, got a containers.Map with keys a"),
    "another value of a key": (Map.of({"a b": ONE}), {"a b": 2}, "v('a b'): differs: max"),
    "keys of two kinds": (Map.of({"a": ONE}), {"a": 1, 2: 3}, "wanted a containers.Map with keys a, got an object"),
    "a dict of numbers for a struct": ({"a": ONE}, {1: 1}, "wanted a struct with fields a, got a struct with fields 1"),
    "a list for a map": (Map.of({"a": ONE}), ["x"], "wanted a containers.Map with keys a, got a 1x1 cell"),
    "in a struct array": (
        StructArray((1, 2), ("a",), ({"a": ONE}, {"a": ROW})), [{"a": 1}, {"a": 1}], "v(2).a: wrong shape"),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_the_same(name: str) -> None:
    wanted, got = SAME[name]
    for found in (match("v", wanted, got), match("v", got, wanted)):
        assert [each.explain() for each in found if not each.verdict.agrees] == []


@pytest.mark.parametrize("name", OTHER)
def test_not_the_same(name: str) -> None:
    wanted, got, told = OTHER[name]
    assert told in "; ".join(each.explain() for each in match("v", wanted, got) if not each.verdict.agrees)
    assert not all(each.verdict.agrees for each in match("v", got, wanted))


def test_shapes_may_be_asked_for() -> None:
    assert match("v", ROW, np.array([1.0, 2.0, 3.0]))[0].verdict is Verdict.EQUAL
    assert match("v", ROW, np.array([1.0, 2.0, 3.0]), shapes=True)[0].verdict is Verdict.WRONG_SHAPE
    assert match("v", ROW, ROW, shapes=True)[0].verdict is Verdict.EQUAL


def test_a_tolerance_is_for_floating_point_alone() -> None:
    close = Tolerance(ulp=4, rtol=0.5, because="so")
    wanted = {"x": ONE, "n": np.ones((1, 1), np.int32), "t": "1"}
    got = {"x": 1.2, "n": np.array(2, np.int32), "t": "2"}
    assert [each.verdict.agrees for each in match("v", wanted, got, close)] == [True, False, False]


def test_what_has_no_counterpart_is_named_by_its_place() -> None:
    for value, told in (
        ({"a": [1, {"b": b"x"}]}, r"^x\.a\{2\}\.b: MATLAB has no counterpart of .* bytes; decode it"),
        ({"a": {1, 2}}, r"^x\.a: .*sorted"),
        ({"a b": 1}, r"^x: 'a b': wanted the name of a field"),
        ({"a": 2**53 + 1}, r"^x\.a: 9007199254740993 is no exact double"),
        ([1, "a", 10**400], r"^x\{3\}: 1000"),
        ({"a": Layer(1, 2)}, r"^x\.a: .*make it a dict"),
        (Map.of({"k": [b"x"]}), r"^x\('k'\)\{1\}: MATLAB has no counterpart of .* bytes; decode it"),
        (np.array([1], np.longdouble), r"^x: MATLAB has no counterpart of NumPy's float128"),
        (np.ma.masked_array([1]), r"^x: MATLAB has no masked arrays"),
        ("\ud800", r"^x: .* no text that can be written"),
        (Foreign("Map"), r"^x: an object of class Map never left Octave"),
    ):
        with pytest.raises(DTypeError, match=told):
            to_matlab(value, "x")
    endless: list[Any] = ["a"]
    endless.append(endless)
    with pytest.raises(DTypeError, match="at most 64 levels"):
        to_matlab(endless)
    assert not all(each.verdict.agrees for each in match("v", Cell((1, 1), (ONE,)), endless))


def test_what_python_is_handed() -> None:
    value = {"n": ONE, "t": np.array([[True]]), "r": ROW, "c": COLUMN, "m": np.ones((2, 2)), "e": EMPTY}
    got = to_python(value)
    assert type(got["n"]) is np.float64
    assert got["t"] is True
    assert [got[k].shape for k in "rcme"] == [(3,), (3,), (2, 2), (0, 0)]
    assert [x.shape for x in to_python(value, shapes=True).values()] == [
        (1, 1),
        (1, 1),
        (1, 3),
        (3, 1),
        (2, 2),
        (0, 0),
    ]
    assert to_python(Cell((2, 2), ("a", "c", "b", "d"))) == [["a", "b"], ["c", "d"]]
    assert to_python(Cell((2, 1), ("a", "b"))) == ["a", "b"]
    assert to_python(CharArray((2, 1), ("a", "b"))) == ["a", "b"]
    made = to_python(Map((-0.5, 2.0), ("a", ONE), "double"))
    assert made == {-0.5: "a", 2: 1.0}
    assert [type(key) for key in made] == [float, int]
    got["r"][0] = 9
    assert ROW[0, 0] == 1


def test_values_are_described() -> None:
    assert describe(ROW) == "a 1x3 double"
    assert describe(np.ones((1, 1), np.complex64)) == "(1+0j), a 1x1 complex single"
    assert describe({"a": 1}) == "a struct with fields a"
    assert describe(StructArray((1, 2), ("a",), ({"a": 1}, {"a": 2}))) == "a 1x2 struct array with fields a"
    with pytest.raises(ValueError, match=r"wanted 2 cells for the shape \[1, 2\], got 1"):
        Cell((1, 2), (1,))
    with pytest.raises(ValueError, match="wanted structs with the fields"):
        StructArray((1, 1), ("a",), ({"b": 1},))


def test_a_fixture_without_nested_values_is_what_it_was(tmp_path: Path) -> None:
    import h5py

    record = Record("id", "", {}, {}, {"x": ROW}, {"y": ROW})
    write_fixture(tmp_path / "a.h5", [record])
    write_fixture(tmp_path / "b.h5", [replace(record, outputs={"y": "text"})])
    with h5py.File(tmp_path / "a.h5") as a, h5py.File(tmp_path / "b.h5") as b:
        assert (a.attrs["pybn_fixture"], b.attrs["pybn_fixture"]) == (1, 2)


@pytest.mark.parametrize(
    ("structure", "vectors"),
    [
        (b"", {}),
        (b"[]", {}),
        (b'{"array":["float64",[2]]}', {"float64": np.zeros(1)}),
        (b'{"array":["float64",[1,1]]}', {"float64": np.zeros(2)}),
        (b'{"array":["float64",[-1,-1]]}', {"float64": np.zeros(1)}),
        (b'{"cell":[[1,2],[{"text":"a"}]]}', {}),
        (b'{"structs":[[1,1],["a"],[[]]]}', {}),
        (b'{"text":1}', {}),
        (b'{"map":["char",[1],[{"text":"a"}]]}', {}),
        (b'{"map":["char",["a"],[]]}', {}),
        (b'{"map":["double",["a"],[{"text":"a"}]]}', {}),
        (b'{"map":["char",["a","a"],[{"text":"a"},{"text":"b"}]]}', {}),
    ],
)
def test_a_damaged_value_in_a_fixture(structure: bytes, vectors: Any) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        decode(structure, vectors)


def test_a_fixture_with_a_damaged_value_says_so(tmp_path: Path) -> None:
    import h5py

    write_fixture(tmp_path / "a.h5", [Record("id", "", {}, {}, {}, {"y": {"a": ROW}})])
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        del file["cases/id/outputs/y/float64"]
    with pytest.raises(FormatError, match="is damaged"):
        read_fixture(tmp_path / "a.h5")
