"""What is read of .mat files before HDF5: Octave says what its files hold, and those that are made here."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import mat_files as mat
import numpy as np
import pytest
import scipy.io
import scipy.sparse
from mat_files import array, element, level_4, level_5, numbers, small
from octave_cases import make_case

import pybn
from pybn.case import Value
from pybn.engines.octave import OctaveEngine
from pybn.errors import FormatError
from pybn.formats import inflate, mat_source
from pybn.formats.datafile import DataFile
from pybn.formats.lazy import LazyArray
from pybn.formats.variables import variable
from pybn.inspection import inspect
from pybn.values import Cell, CharArray, Foreign, Object, StructArray

SAVES = """function [values, six, seven, v4, four, made] = save_all(folder)
  values = struct();
  names = {'double', 'single', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64'};
  for k = 1:numel(names)
    n = names{k};
    values.(n) = feval(n, reshape(1:6, 2, 3));
    values.([n '_one']) = feval(n, 100);
    if k > 2
      values.([n '_ends']) = [intmin(n) intmax(n)];
    end
    extents = [2 3 4 1 2 3];
    for rank = 3:6
      values.(sprintf('%s_%d', n, rank)) = reshape(feval(n, 1:prod(extents(1:rank))), extents(1:rank));
    end
    values.([n '_none']) = zeros([0 0], n);
    values.([n '_none3']) = zeros([2 0 3], n);
  end
  values.odd = [NaN Inf -Inf -0 5e-324 realmax];  values.odd1 = single(values.odd(1:4));
  values.exact = int64(9007199254740993);
  values.row = 1:5;  values.steps = 0:0.25:1;  values.column = (1:3)';  values.ones = ones(2, 3, 1, 1);
  values.one_deep = ones(1, 1, 3);  values.eye = eye(3);  values.perm = eye(3)(:, [2 3 1]);
  values.z = [1+2i 3; 4 5-6i];  values.z1 = single([1.5+2i 3]);  values.z3 = complex(ones(2, 3, 2), 7);
  values.yes = true;  values.flags = [true false; false true];  values.flags3 = true(2, 2, 2);
  values.noflags = true(0, 3);
  values.text = 'plain';  values.wide = 'h\303\251\303\251\342\202\254\360\237\230\200';
  values.wide = do_string_escapes(values.wide);  values.code = ['a' char(233)];  values.letter = 'x';
  values.notext = '';  values.notext3 = char(zeros(0, 3));  values.norow = char(zeros(1, 0));
  values.lines = ['abc'; 'def'];  values.letters = ['abcde']';
  values.wide_lines = [do_string_escapes('\303\251xx'); 'abcd'];  values.pages = char(reshape(65:76, 2, 3, 2));
  values.quoted = "quoted";
  values.cell = {1, 'two'; int8([1 2 3]), {}};  values.nocell = cell(2, 0);  values.cell3 = cell(2, 1, 2);
  values.deep = {{{{1, {'x', {true}}}}}};
  values.s = struct('w', single([1 2; 3 4]), 'c', {{1, 'he', [1; 2]}}, 'inner', struct('b', int8(1)));
  values.many = struct('q', {1, 'two'; [], {3}});  values.nomany = struct('a', {}, 'b', {});
  values.nofields = struct();  values.nofields6 = repmat(struct(), 2, 3);
  values.long_name_of_a_variable_that_has_sixty_three_characters_in_it_ = 1;
  values.sp = sparse([1.5 0 0; 0 0 2]);  values.spz = sparse([0 1i; 2 0]);  values.nosp = sparse(3, 2);
  values.spl = sparse([true false; false true; true true]);  values.nospl = sparse(false(2, 3));
  save('-v6', fullfile(folder, 'v6.mat'), '-struct', 'values');
  save('-v7', fullfile(folder, 'v7.mat'), '-struct', 'values');
  six = load(fullfile(folder, 'v6.mat'));  seven = load(fullfile(folder, 'v7.mat'));
  global shared;  shared = 5;  four_letters = ['ab'; 'cd'];  in = inline('x + 1');
  save('-v7', fullfile(folder, 'odd.mat'), 'shared', 'four_letters', 'in');
  save('-v6', fullfile(folder, 'odd6.mat'), 'four_letters', 'shared', 'four_letters');
  four_letters = {four_letters, 7};  save('-v7', fullfile(folder, 'lost.mat'), 'four_letters');
  v4 = struct('r', [1; 2; 3], 'm', [1.5 2; 3 4], 'z', [1+2i 3 4], 't', 'text', 'lines', ['abc'; 'def'], 'none', ...
    zeros(0, 3), 'notext', '', 'sp', sparse([0 1.5; 2 0; 0 0]), 'spz', sparse([0 1i; 2 0]), 'nosp', sparse(3, 2));
  v4.wide = values.wide;  v4.steps = 0:0.25:1;
  save('-v4', fullfile(folder, 'v4.mat'), '-struct', 'v4');
  four = load(fullfile(folder, 'v4.mat'));
  made = cell(1, 0);
  for name = {'made4.mat', 'made4b.mat', 'made5l.mat', 'made5b.mat'}
    made{end + 1} = load(fullfile(folder, name{1}));
  end
end
"""

# Level 4, by hand: in both byte orders, stored as all that there is.
NARROW = {"f8": 0, "f4": 10, "i4": 20, "i2": 30, "u2": 40, "u1": 50}


def made_4(machine: int) -> bytes:
    parts = [
        level_4(f"as_{stored}", 1000 * machine + code, (2, 3), [1, 2, 3, 4, 5, 6], stored)
        for stored, code in NARROW.items()
    ]
    parts += [
        level_4("z", 1000 * machine + 50, (1, 2), [1, 2, 3, 4], "u1", imaginary=True),
        level_4("text", 1000 * machine + 51, (1, 3), [97, 98, 99], "u1"),
        level_4("lines", 1000 * machine + 1, (2, 2), [97, 98, 99, 100], "f8"),
        level_4("sp", 1000 * machine + 2, (3, 3), [1, 2, 3, 1, 3, 4, 5.5, 6.5, 0], "f8"),
    ]
    return b"".join(parts)


# Level 5, by hand: what MATLAB writes and Octave does not.


def made_5(order: str) -> list[bytes]:
    def one(
        class_: int, shape: tuple[int, ...], name: str, *rest: bytes, flags: int = 0, nonzeros: int = 0
    ) -> bytes:
        return array(class_, shape, name, *rest, flags=flags, order=order, nonzeros=nonzeros)

    def of(values: Any, stored: str) -> bytes:
        return numbers(values, stored, order)

    six = [1, 2, 3, 4, 5, 6]
    parts = [
        one(mat.DOUBLE, (2, 3), f"as_{stored}", of(six, stored))
        for stored in ("u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8")
    ]
    return [
        *parts,
        one(mat.DOUBLE, (1, 3), "negative", of([-1, -2, 3], "i2")),
        one(mat.DOUBLE, (1, 3), "in_tag", small(1, b"\1\2\xff", order)),
        one(mat.SINGLE, (2, 3), "single", of(six, "u1")),
        one(mat.INT32, (1, 2), "int32", of([7, 200], "u1")),
        one(mat.INT64, (1, 2), "int64", of([2**53 + 1, -(2**63)], "i8")),
        one(mat.UINT16, (1, 2), "uint16", of([7, 65535], "u2")),
        one(mat.UINT8, (1, 3), "flags", small(2, b"\1\0\1", order), flags=mat.LOGICAL),
        one(mat.DOUBLE, (1, 2), "z", of([1, 2], "u1"), of([0.5, -2], "f8"), flags=mat.COMPLEX),
        one(mat.SINGLE, (1, 2), "z1", of([1, 2], "f4"), of([0.5, -2], "f4"), flags=mat.COMPLEX),
        one(mat.CHAR, (1, 2), "text", element(4, "hi".encode(f"utf-16-{'lb'[order == '>']}e"), order)),
        one(mat.CHAR, (2, 2), "lines", element(16, b"acbd", order)),
        one(mat.CELL, (1, 2), "cell", element(14, b"", order), one(mat.DOUBLE, (1, 1), "", of([3], "u1"))),
        one(
            mat.STRUCT,
            (1, 1),
            "s",
            mat.names(4, "a", "bcd", order=order),
            one(mat.DOUBLE, (1, 1), "", of([3], "u1")),
            one(mat.CHAR, (1, 1), "", element(16, b"q", order)),
        ),
        one(
            mat.SPARSE,
            (3, 2),
            "sp",
            *(of(part, "i4") for part in ([0, 2, 1, 9], [0, 2, 3])),
            of([1.5, 2, 3], "f8"),
            nonzeros=4,
        ),
    ]


@pytest.fixture(scope="module")
def saved(octave: OctaveEngine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, Any]]:
    """A folder of files, and what Octave says that is in them."""
    folder = tmp_path_factory.mktemp("saved")
    (folder / "save_all.m").write_text(SAVES)
    (folder / "made4.mat").write_bytes(made_4(0))
    (folder / "made4b.mat").write_bytes(made_4(1))
    level_5(folder / "made5l.mat", *made_5("<"))
    level_5(folder / "made5b.mat", *made_5(">"), order=">")
    outputs = ("values", "six", "seven", "v4", "four", "made")
    case = make_case(folder, "save_all", [f"{', '.join(outputs)} = save_all(folder)"])
    case = replace(
        case, input_values={"folder": Value("folder")}, output_values={name: Value(name) for name in outputs}
    )
    return folder, octave.run(case, {"folder": str(folder)})


def here(value: Any) -> Any:
    """An array that is here and full."""
    if isinstance(value, LazyArray):
        return np.asarray(value)
    return value.toarray() if scipy.sparse.issparse(value) else value


def differs(where: str, want: Any, got: Any) -> list[str]:
    """Where two values are not the same to the bit: class, shape, order of fields, sign of zero."""
    got = here(got)
    if isinstance(want, np.ndarray):
        same = isinstance(got, np.ndarray) and (want.dtype, want.shape) == (got.dtype, got.shape)
        return [] if same and want.tobytes("F") == got.tobytes("F") else [f"{where}: {want!r} is {got!r}"]
    if type(want) is not type(got):
        return [f"{where}: {want!r} is {got!r}"]
    if isinstance(want, dict):
        inner = [line for name in want for line in differs(f"{where}.{name}", want[name], got.get(name))]
        return inner if list(want) == list(got) else [f"{where}: {list(want)} are {list(got)}"]
    if isinstance(want, Cell | StructArray):
        items = ("items", "elements")[isinstance(want, StructArray)]
        pairs = zip(getattr(want, items), getattr(got, items), strict=True)
        inner = [line for k, pair in enumerate(pairs, 1) for line in differs(f"{where}({k})", *pair)]
        fields = [getattr(each, "fields", ()) for each in (want, got)]
        return (
            inner if want.shape == got.shape and fields[0] == fields[1] else [f"{where}: {want!r} is {got!r}"]
        )
    return [] if want == got else [f"{where}: {want!r} is {got!r}"]


OCTAVE_LOSES = ("spl", "nospl")


@pytest.mark.parametrize(("version", "answer"), [("v6", "six"), ("v7", "seven")])
def test_what_octave_saved(saved: tuple[Path, Mapping[str, Any]], version: str, answer: str) -> None:
    folder, said = saved
    with pybn.open(folder / f"{version}.mat") as file:
        assert list(file) == sorted(said["values"])
        assert [line for name in file for line in differs(name, said["values"][name], file[name])] == []
        kept = [name for name in file if name not in OCTAVE_LOSES]
        assert [line for name in kept for line in differs(name, said[answer][name], file[name])] == []
        assert file.kind.startswith("MATLAB v7 " if version == "v7" else "MATLAB v5 or v6 ")
        assert not file.row_major
        assert file.axes("row") is None
        assert all(
            isinstance(file[name], LazyArray)
            for name, value in said["values"].items()
            if isinstance(value, np.ndarray) and "sp" not in name
        )
        assert file["spl"].dtype == bool
        assert isinstance(file["spz"], scipy.sparse.csc_array)


def test_what_octave_saved_as_version_4(saved: tuple[Path, Mapping[str, Any]]) -> None:
    folder, said = saved
    with pybn.open(folder / "v4.mat") as file:
        assert list(file) == sorted(said["v4"])
        assert file.kind == "MATLAB v4"
        assert [line for name in file for line in differs(name, said["four"][name], file[name])] == []
        assert [line for name in file for line in differs(name, said["v4"][name], file[name])] == []
        assert scipy.sparse.issparse(file["nosp"])


def test_what_is_made_here_is_what_octave_says_of_it(saved: tuple[Path, Mapping[str, Any]]) -> None:
    folder, said = saved
    for name, answer in zip(("made4", "made4b", "made5l", "made5b"), said["made"].items, strict=True):
        with pybn.open(folder / f"{name}.mat") as file:
            assert list(file) == list(answer)
            assert [line for each in file for line in differs(each, answer[each], file[each])] == []
            for array_ in (value for value in file.values() if isinstance(value, LazyArray)):
                assert array_.dtype.isnative
                assert np.asarray(array_).dtype == array_.dtype


def test_what_octave_saves_oddly(saved: tuple[Path, Mapping[str, Any]]) -> None:
    with pybn.open(saved[0] / "odd.mat") as file:
        assert list(file) == ["shared", "four_letters", "in"]
        assert np.asarray(file["shared"]).tolist() == [[5]]
        assert file["four_letters"] == CharArray((2, 2), ("ab", "cd"))
        assert isinstance(file["in"], Object)
        assert file["in"].class_name == "inline"
        assert file["in"].properties[0]["expr"] == "x + 1"
    # Octave says that it is four bytes longer than it is, and then does not read what comes behind.
    with pybn.open(saved[0] / "odd6.mat") as file:
        assert [file[name] for name in list(file)[::2]] == [CharArray((2, 2), ("ab", "cd"))] * 2
        assert np.asarray(file["shared"]).tolist() == [[5]]
    assert [row.shape for row in inspect(saved[0] / "odd6.mat").contents.rows] == [(2, 2), (1, 1), (2, 2)]
    assert [row.shape for row in inspect(saved[0] / "lost.mat").contents.rows] == [(1, 2), (2, 2), (1, 1)]
    with pybn.open(saved[0] / "lost.mat") as file:
        assert (
            differs(
                "c", Cell((1, 2), (CharArray((2, 2), ("ab", "cd")), np.array([[7.0]]))), file["four_letters"]
            )
            == []
        )


# What Octave has no counterpart of, by hand.


def opened(path: Path, *parts: bytes, packed: bool = False, **options: Any) -> DataFile:
    """A file of these variables, compressed or not."""
    return pybn.open(
        level_5(path, *(element(15, zlib.compress(part)) if packed else part for part in parts), **options)
    )


def test_complex_integers_are_exact_or_an_error(tmp_path: Path) -> None:
    values = {"int8": [-128, 127], "uint16": [0, 65535], "int32": [-(2**31), 2**31 - 1], "uint64": [2**53, 1]}
    classes = {"int8": mat.INT8, "uint16": mat.UINT16, "int32": mat.INT32, "uint64": mat.UINT64}
    parts = [
        array(classes[name], (1, 2), name, *[numbers(each, np.dtype(name).str[1:])] * 2, flags=mat.COMPLEX)
        for name, each in values.items()
    ]
    beyond = [numbers([2**53 + 1], "i8"), numbers([0], "i8")]
    file = opened(tmp_path / "a.mat", *parts, array(mat.INT64, (1, 1), "beyond", *beyond, flags=mat.COMPLEX))
    for name, want in values.items():
        assert np.asarray(file[name]).tolist() == [[complex(n, n) for n in want]]
    assert [file[name].dtype.name for name in values] == [
        "complex64",
        "complex64",
        "complex128",
        "complex128",
    ]
    with pytest.raises(
        FormatError, match=r"a\.mat: beyond: it holds values, stored as int64, that no float64 can be"
    ):
        file["beyond"]


def test_numbers_stored_as_what_their_class_cannot_be(tmp_path: Path) -> None:
    many = np.arange(40_000.0)
    parts = [
        array(mat.UINT8, (1, 2), "whole", numbers([1, 255], "f8")),
        array(mat.UINT8, (1, 2), "not", numbers([1, 256], "i4")),
        array(mat.SINGLE, (200, 200), "single", numbers(many, "f8")),
        array(mat.SINGLE, (200, 200), "inexact", numbers(many + 1e-9, "f8")),
        array(mat.DOUBLE, (1, 1), "beyond", numbers([2**53 + 1], "i8")),
    ]
    for packed in (False, True):
        file = opened(tmp_path / "a.mat", *parts, packed=packed)
        assert np.asarray(file["whole"]).tolist() == [[1, 255]]
        assert np.array_equal(
            file["single"][:, 3:5], many.reshape(200, 200, order="F")[:, 3:5].astype(np.float32)
        )
        for name in ("not", "beyond"):
            with pytest.raises(FormatError, match=f"{name}: it holds values, stored as int"):
                file[name]
        with pytest.raises(
            FormatError, match=r"a\.mat: inexact: it holds values, stored as float64, that no float32"
        ):
            np.asarray(file["inexact"])


def test_text(tmp_path: Path) -> None:
    grin = "a\U0001f600"
    units = grin.encode("utf-16-le")
    stored = {
        "uint16": (element(4, units), (1, 3), grin),
        "utf16": (element(17, units), (1, 3), grin),
        "utf8": (element(16, grin.encode()), (1, 3), grin),  # of units, as MATLAB counts
        "utf8_bytes": (element(16, grin.encode()), (1, 5), grin),  # as Octave does
        "utf8_characters": (element(16, grin.encode()), (1, 2), grin),  # as SciPy does
        "utf32": (element(18, grin.encode("utf-32-le")), (1, 2), grin),
        "latin": (element(2, b"\xe9t\xe9"), (1, 3), "\xe9t\xe9"),
        "nul": (element(4, "a\0b".encode("utf-16-le")), (1, 3), "a\0b"),
        "half": (element(4, b"\x3d\xd8"), (1, 1), "\ud83d"),
        "nothing": (element(4, b""), (0, 0), ""),
        "lines": (
            element(4, "\xe9a\u20acb".encode("utf-16-le")),
            (2, 2),
            CharArray((2, 2), ("\xe9\u20ac", "ab")),
        ),
        "column": (element(16, "\xe9\u20ac".encode()), (2, 1), CharArray((2, 1), ("\xe9", "\u20ac"))),
        "norows": (element(4, b""), (0, 3), CharArray((0, 3), ())),
        "nocolumns": (element(4, b""), (3, 0), CharArray((3, 0), ("", "", ""))),
    }
    file = opened(
        tmp_path / "a.mat", *(array(mat.CHAR, shape, name, data) for name, (data, shape, _) in stored.items())
    )
    assert dict(file) == {name: want for name, (_, _, want) in stored.items()}


def test_ranks_are_as_they_were_saved(tmp_path: Path) -> None:
    for packed in (False, True):
        file = opened(
            tmp_path / "a.mat",
            array(mat.DOUBLE, (2, 3, 1, 1), "x", mat.doubles(6)),
            array(mat.DOUBLE, (2, 0, 3, 1), "none", mat.doubles(0)),
            array(mat.DOUBLE, (0, 2**31 - 1), "large", mat.doubles(0)),
            packed=packed,
        )
        assert file["x"].shape == (2, 3, 1, 1)
        assert np.asarray(file["x"])[:, :, 0, 0].tolist() == [[0, 2, 4], [1, 3, 5]]
        assert file["none"].shape == np.asarray(file["none"]).shape == (2, 0, 3, 1)
        assert file["large"].shape == (0, 2**31 - 1)


def test_objects_and_functions_keep_their_own_names(tmp_path: Path) -> None:
    classes = ["dlnetwork", "containers.Map", "string"]

    def of(name: str, class_: str) -> bytes:
        number = classes.index(class_) + 1
        return mat.modern(name, class_, mat.handles([number], number))

    function = array(mat.FUNCTION, (1, 1), "f", array(mat.CHAR, (1, 2), "", element(16, b"@x")))
    old = array(
        mat.OBJECT,
        (1, 1),
        "old",
        element(1, b"network"),
        mat.names(8, "version", "note"),
        array(mat.CHAR, (1, 1), "", element(16, b"7")),
        element(14, b""),
    )
    cell = array(
        mat.CELL, (1, 3), "cell", of("", "string"), function, array(mat.DOUBLE, (1, 1), "", mat.doubles(1))
    )
    data = mat.object_data(classes, [(1, []), (2, []), (3, [])], [])
    for packed in (False, True):
        parts = [of("one", "dlnetwork"), of("two", "containers.Map"), function, old, cell, data]
        last = sum(len(element(15, zlib.compress(part)) if packed else part) for part in parts[:-1])
        file = opened(tmp_path / "a.mat", *parts, packed=packed, subsystem=128 + last)
        assert list(file) == ["one", "two", "f", "old", "cell"]
        assert [file[name].class_name for name in ("one", "two")] == ["dlnetwork", "containers.Map"]
        assert file["f"] == Foreign("function_handle")
        assert (file["old"].class_name, file["old"].shape) == ("network", (1, 1))
        want = {"version": "7", "note": np.zeros((0, 0))}
        assert differs("old", want, dict(file["old"].properties[0])) == []
        assert [item.class_name for item in file["cell"].items[:2]] == ["string", "function_handle"]
        assert file["cell"].items[2].tolist() == [[0]]


def test_sparse(tmp_path: Path) -> None:
    def of(name: str, values: bytes, *more: bytes, flags: int = 0) -> bytes:
        where = [numbers([2, 0, 1, 7], "i4"), numbers([0, 1, 1, 3], "i4")]  # room for four, three are there
        return array(mat.SPARSE, (3, 3), name, *where, values, *more, flags=flags, nonzeros=4)

    file = opened(
        tmp_path / "a.mat",
        of("narrow", numbers([5, 6, 7, 9], "u1")),
        of("logical", numbers([1, 1, 1, 0], "u1"), flags=mat.LOGICAL),
        of("complex", numbers([5, 6, 7], "f8"), numbers([1, -1, 0], "i1"), flags=mat.COMPLEX),
    )
    want = np.array([[0, 0, 6], [0, 0, 7], [5, 0, 0]])
    assert [file[name].dtype for name in file] == [np.float64, bool, np.complex128]
    assert file["narrow"].toarray().tolist() == want.tolist()
    assert file["logical"].toarray().tolist() == (want > 0).tolist()
    assert file["complex"].toarray().tolist() == [[0, 0, 6 - 1j], [0, 0, 7], [5 + 1j, 0, 0]]


def test_names(tmp_path: Path) -> None:
    told = ["x", "\u8a9e", "x", "", "caf\u00e9", "x", "../x", "None"]
    parts = [array(mat.DOUBLE, (1, 1), name, numbers([k], "f8")) for k, name in enumerate(told)]
    starts = [128 + sum(map(len, parts[:k])) for k in range(len(parts))]
    file = opened(tmp_path / "a.mat", *parts)
    assert list(file) == [
        f"x@{starts[0]}", "\u8a9e", f"x@{starts[2]}", f"@{starts[3]}", "caf\u00e9", "x", "../x", "None",
    ]  # fmt: skip
    assert [np.asarray(file[name]).item() for name in file] == list(range(8))
    (tmp_path / "4.mat").write_bytes(b"".join(level_4("x", 0, (1, 1), [k], "f8") for k in (1, 2)))
    assert {name: np.asarray(x).item() for name, x in pybn.open(tmp_path / "4.mat").items()} == {
        "x@0": 1,
        "x": 2,
    }


# SciPy, the second witness.


@pytest.mark.parametrize("packed", [False, True])
def test_what_scipy_saved(tmp_path: Path, packed: bool) -> None:
    random = np.random.default_rng(0)
    values = {
        name: random.integers(0, 100, (7, 5, 3)).astype(name)
        for name in ("f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "?", "c8", "c16")
    }
    texts = {"text": "h\xe9\u20ac\U0001f600", "lines": np.array(["ab", "cd"])}
    scipy.io.savemat(
        tmp_path / "a.mat", {f"x_{name}": x for name, x in values.items()} | texts, do_compression=packed
    )
    with pybn.open(tmp_path / "a.mat") as file:
        for name, want in values.items():
            assert differs(name, want, file[f"x_{name}"]) == []
        assert file["text"] == texts["text"]
        assert file["lines"] == CharArray((2, 2), ("ab", "cd"))


# Only what is asked for.

KEYS = (
    np.s_[...],
    np.s_[..., :3],
    np.s_[:, 2:5, ...],
    np.s_[3],
    np.s_[-1, -2, -3],
    np.s_[1:40:7, ::-1],
    np.s_[..., -1],
    np.s_[4:2],
    np.s_[:, 3, 10:20:5],
    np.s_[[3, 1], :, 5],
    np.s_[5:5, 1:3, ::-2],
)
SHAPE = (60, 40, 30)


@pytest.fixture(params=["zlib", "isal"])
def inflating(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inflate with Python's zlib, and with isal."""
    if request.param == "isal" and inflate.igzip is None:
        pytest.skip("isal is not installed: pip install isal")
    if request.param == "zlib":
        monkeypatch.setattr(inflate, "igzip", None)


def large() -> dict[str, tuple[bytes, Any]]:
    """Variables that are too large to be read at once, each in a way of its own, and what they are."""
    x = np.random.default_rng(1).integers(-100, 100, SHAPE)
    flat = x.reshape(-1, order="F")
    z = x + 1j * (x % 7)
    halves = numbers(flat, "i1"), numbers(flat % 7, "f8")
    return {
        "plain": (array(mat.DOUBLE, SHAPE, "plain", numbers(flat, "f8")), x.astype(np.float64)),
        "narrow": (array(mat.DOUBLE, SHAPE, "narrow", numbers(flat, "i2")), x.astype(np.float64)),
        "flags": (array(mat.UINT8, SHAPE, "flags", numbers(flat > 0, "u1"), flags=mat.LOGICAL), x > 0),
        "wide": (array(mat.INT16, SHAPE, "wide", numbers(flat, "f8")), x.astype(np.int16)),
        "z": (array(mat.DOUBLE, SHAPE, "z", *halves, flags=mat.COMPLEX), z),
        "z1": (array(mat.SINGLE, SHAPE, "z1", *halves, flags=mat.COMPLEX), z.astype(np.complex64)),
    }


@pytest.mark.parametrize("packed", [False, True])
def test_every_way_to_index(tmp_path: Path, packed: bool, inflating: None) -> None:
    made = large()
    file = opened(tmp_path / "a.mat", *(data for data, _ in made.values()), packed=packed)
    for name, (_, want) in made.items():
        lazy = file[name]
        assert (lazy.shape, lazy.dtype, lazy.sequential) == (SHAPE, want.dtype, packed)
        for key in KEYS:
            assert differs(f"{name}[{key}]", want[key], lazy[key]) == []
        assert differs(name, want, lazy) == []
        assert isinstance(lazy[0, 0, 0], np.generic)
        blocks = np.concatenate([lazy.read(span) for span in lazy.blocks(1 << 15)], axis=2)
        assert differs(name, want, blocks) == []
        lazy[...][...] = 0  # what was read is the caller's
        assert differs(name, want, lazy) == []


def test_a_slice_of_a_compressed_array_is_all_that_is_inflated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inflating: None
) -> None:
    made = large()
    parts = [data for data, _ in made.values()]
    total = sum(map(len, parts))
    file = opened(tmp_path / "a.mat", *parts, packed=True)
    inflated = []
    some = mat_source.Inflated.some
    monkeypatch.setattr(
        mat_source.Inflated,
        "some",
        lambda self, most: inflated.append(len(block := some(self, most))) or block,
    )
    arrays = list(file.values())
    assert sum(inflated) < 2000
    inflated.clear()
    x = arrays[0]
    x[..., :2]
    x[..., 2:4]
    assert sum(inflated) < len(parts[0]) * 5 / 30
    inflated.clear()
    x[..., 1]  # before: it begins anew
    assert sum(inflated) < len(parts[0]) * 3 / 30
    inflated.clear()
    for array_ in arrays:
        np.asarray(array_)
    assert sum(inflated) < 1.01 * total  # complex ones are read through once
    inflated.clear()
    for span in arrays[4].blocks(1 << 15):
        arrays[4].read(span)
    assert sum(inflated) < 2.1 * len(parts[4])  # in blocks, two streams


def mapped() -> int:
    """The KiB of files that this process has in memory."""
    status = Path("/proc/self/status").read_text()
    return sum(int(size) for size in re.findall(r"^Rss(?:File|Shmem):\s+(\d+) kB", status, re.MULTILINE))


def test_a_slice_of_a_mapped_array_is_all_that_is_read(tmp_path: Path) -> None:
    # Nearly 4 GiB, of which the disk has some pages: reading it all would take long, and memory.
    rows, columns = 1 << 16, 8000
    path = level_5(tmp_path / "a.mat")
    head = array(mat.DOUBLE, (rows, columns), "x", struct.pack("<II", 9, 8 * rows * columns))
    with path.open("r+b") as file:
        file.seek(128)
        file.write(struct.pack("<II", 14, len(head) - 8 + 8 * rows * columns) + head[8:])
        start = file.tell()
        file.truncate(start + 8 * rows * columns)
        file.seek(start + 8 * rows * 5000)
        file.write(np.arange(4.0).tobytes())
    x = pybn.open(path)["x"]
    before = mapped()
    assert x[:4, 5000].tolist() == [0, 1, 2, 3]
    assert x[:, 4999:5001].sum() == 6
    assert mapped() - before < 20_000  # KiB: two columns are 1024, and the system reads ahead


def test_large_arrays_inside_others_are_mapped_and_read_for_cases(tmp_path: Path) -> None:
    x = np.arange(200_000.0).reshape(400, 500, order="F")
    inner = array(mat.DOUBLE, (400, 500), "", numbers(x.reshape(-1, order="F"), "f8"))
    path = tmp_path / "a.mat"
    for packed in (False, True):
        cell = opened(
            path,
            array(mat.CELL, (1, 2), "c", inner, array(mat.DOUBLE, (1, 1), "", mat.doubles(1))),
            packed=packed,
        )["c"]
        assert isinstance(cell.items[0], np.ndarray if packed else LazyArray)
        assert isinstance(cell.items[1], np.ndarray)
        assert differs("x", x, cell.items[0]) == []
        value, in_matlab_order = variable(str(path), "c{1}")
        assert in_matlab_order
        assert isinstance(value, np.ndarray)
        assert np.array_equal(value, x)
