"""What Octave saves in its own formats, each value as Octave itself loads it; by hand what it no longer writes."""

from __future__ import annotations

import gzip
import os
import random
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.sparse
from exactly import differs

import pybn
from pybn.engines.driver.wire import load
from pybn.engines.octave.session import find_octave
from pybn.errors import FormatError
from pybn.formats.lazy import InMemory, LazyArray
from pybn.values import Cell, CharArray, Object, StructArray

HERE = Path(__file__).resolve().parent
DRIVER = HERE.parent / "pybn" / "engines" / "driver"
TEXT, BINARY, HDF5 = "Octave text (save -text)", "Octave binary (save -binary)", "Octave HDF5 (save -hdf5)"
SAVES = {
    "text": TEXT,
    "text.gz": TEXT,
    "text_5": TEXT,
    "binary": BINARY,
    "binary.gz": BINARY,
    "float_binary": BINARY,
    "hdf5": HDF5,
    "float_hdf5": HDF5,
}


@pytest.fixture(scope="module")
def saves(needs_octave: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of everything in every format, and beside each file what Octave loads from it."""
    folder = tmp_path_factory.mktemp("saves")
    command = [find_octave(), "--quiet", "--norc", "--path", str(DRIVER), str(HERE / "octave_saves.m")]
    done = subprocess.run(
        command, env={**os.environ, "PYBN_FOLDER": str(folder)}, capture_output=True, text=True, timeout=120
    )
    assert (folder / "original.out").exists(), done.stderr
    return folder


def told(folder: Path, name: str) -> Mapping[str, Any]:
    with (folder / f"{name}.out").open("rb") as stream:
        value = load(stream)
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize("name", SAVES)
def test_everything_is_as_octave_loads_it(saves: Path, name: str) -> None:
    wanted = told(saves, f"{name}.loaded")
    with pybn.open(saves / name) as found:
        assert (found.kind, found.row_major) == (SAVES[name], False)
        assert list(found) == list(wanted)
        assert len(found) > 270
        assert [line for each in wanted for line in differs(wanted[each], found[each], each)] == []
        for each, value in wanted.items():
            if each.startswith("sparse") and not each.endswith("in"):
                assert isinstance(found[each], scipy.sparse.csc_array)
                assert found[each].dtype == value.dtype
            elif isinstance(value, np.ndarray):
                assert isinstance(found[each], LazyArray)
                assert found[each].ndim >= 2


@pytest.mark.parametrize("name", ["text", "text.gz", "binary", "binary.gz", "hdf5"])
def test_everything_is_as_it_was_saved(saves: Path, name: str) -> None:
    """To the last bit; text has no columns for char arrays without rows, and HDF5 no order of fields."""
    original = told(saves, "original")
    with pybn.open(saves / name) as found:
        lost = {"char_0_3", "char_0_1"} if name.startswith("text") else set()
        kept = [each for each in original if each in found and each not in lost]
        assert len(kept) > 270
        wanted = {each: by_name(original[each]) if name == "hdf5" else original[each] for each in kept}
        assert [line for each in kept for line in differs(wanted[each], found[each], each)] == []


def by_name(value: Any) -> Any:
    """The same value with all fields in the order of their names."""
    if isinstance(value, dict):
        return {name: by_name(value[name]) for name in sorted(value)}
    if isinstance(value, Cell):
        return Cell(value.shape, tuple(map(by_name, value.items)))
    if isinstance(value, StructArray):
        return StructArray(value.shape, tuple(sorted(value.fields)), tuple(map(by_name, value.elements)))
    return value


def test_what_octave_cannot_load_from_text(saves: Path) -> None:
    """A sparse matrix without elements: it takes what follows for one."""
    for name in ("text_zero", "binary_zero"):
        with pybn.open(saves / name) as found:
            for each, dtype, shape in (("sparse_0", np.float64, (3, 4)), ("sparse_false", np.bool_, (2, 2))):
                assert (found[each].dtype, found[each].shape, found[each].nnz) == (dtype, shape, 0)


@pytest.mark.parametrize("name", SAVES)
def test_large_arrays_are_lazy_wherever_they_are(saves: Path, name: str) -> None:
    with pybn.open(saves / name) as found:
        whole = np.asarray(found["large_3"])
        lazy = found["large_3"]
        assert not isinstance(lazy, InMemory)
        np.testing.assert_array_equal(lazy[..., 7:9], whole[..., 7:9])
        np.testing.assert_array_equal(lazy[3, :, 2], whole[3, :, 2])
        out = np.full(lazy.shape, np.nan)
        for span in lazy.blocks(20_000):
            out[span] = lazy.read(span)
        np.testing.assert_array_equal(out, whole)
        inner = found["large_in"].items[0]
        assert isinstance(inner, LazyArray)
        np.testing.assert_array_equal(inner[5:7, 3], np.asarray(found["large"])[5:7, 3])
        rows = found["large"]
        out = np.full(rows.shape, np.nan)
        for span in rows.blocks(9_000):
            out[span] = rows.read(span)
        np.testing.assert_array_equal(out, np.asarray(inner))


def test_objects_of_old_classes_have_their_fields(saves: Path) -> None:
    for name in ("text", "binary"):
        with pybn.open(saves / name) as found:
            inline = found["inline_"]
            assert isinstance(inline, Object)
            assert (inline.class_name, inline.shape) == ("inline", (1, 1))
            assert inline.properties[0]["expr"] == "x^2 + y"
            assert differs(Cell((2, 1), ("x", "y")), inline.properties[0]["args"]) == []
    with h5py.File(saves / "made.h5", "w") as file:
        value = octave_group(file, "o", "class").create_group("value")
        value["classname"] = np.bytes_("mine")
        cell = octave_group(value.create_group("value"), "a", "cell").create_group("value")
        cell["dims"] = np.array([1, 1])
        octave_group(cell, "_0", "scalar")["value"] = 2.5
    with pybn.open(saves / "made.h5") as found:
        wanted = Object("mine", (1, 1), ({"a": np.array([[2.5]])},))
        assert differs(wanted, found["o"]) == []


def octave_group(parent: Any, name: str, type_: str) -> Any:
    group = parent.create_group(name)
    group.attrs["OCTAVE_NEW_FORMAT"] = np.uint8(1)
    group["type"] = np.bytes_(type_)
    return group


# --- by hand: the other byte order, and what older versions wrote


def record(order: str, name: str, type_: str, *data: Any) -> bytes:
    """A value of a binary file; numbers are integers of 32 bits."""
    raw = b"".join(each if isinstance(each, bytes) else struct.pack(f"{order}i", each) for each in data)
    head = struct.pack(f"{order}i", len(name)) + name.encode() + struct.pack(f"{order}i", 3) + b"doc\0\xff"
    return head + struct.pack(f"{order}i", len(type_)) + type_.encode() + raw


@pytest.mark.parametrize(("order", "head"), [("<", b"Octave-1-L\0"), (">", b"Octave-1-B\1")])
def test_binary_of_either_byte_order(tmp_path: Path, order: str, head: bytes) -> None:
    x, z = np.arange(6.0).reshape(2, 3, order="F"), np.array([[1 + 2j, complex(0, -3)]])
    large = np.arange(20_000).reshape(100, 200, order="F")

    def raw(values: Any, dtype: str) -> bytes:
        return np.asarray(values).astype(f"{order}{dtype}").tobytes("F")

    def old(name: str, code: int, *data: bytes) -> bytes:
        return record(order, name, "")[:-5] + bytes([code]) + b"".join(data)

    number = struct.Struct(f"{order}i").pack
    pairs = np.stack([large, -large])
    data = [
        head,
        record(order, "x", "matrix", -2, 2, 3, b"\7", raw(x, "f8")),
        record(order, "shorts", "matrix", -2, 2, 3, b"\4", raw(x, "i2")),
        record(order, "single", "float matrix", -2, 2, 3, b"\6", raw(x, "f4")),
        record(order, "z", "complex matrix", -2, 1, 2, b"\7", raw(z, "c16")),
        record(order, "z_ints", "complex matrix", -2, 1, 2, b"\3", bytes([1, 2, 0, 253])),
        record(order, "i64", "int64 matrix", -2, 1, 2, raw([2**62 + 1, -(2**63)], "i8")),
        record(order, "u16", "uint16 scalar", raw(65535, "u2")),
        record(order, "large", "int32 matrix", -2, 100, 200, raw(large, "i4")),
        record(order, "large_shorts", "matrix", -2, 100, 200, b"\1", raw(large, "u2")),
        record(order, "large_z", "complex matrix", -2, 100, 200, b"\5", raw(pairs, "i4")),
        record(order, "range", "range", b"\7", raw([0, 1, 0.25], "f8")),
        record(order, "s", "scalar struct", 1, record(order, "f", "string", -2, 1, 2, b"ab")),
        record(order, "sparse", "sparse matrix", -2, 2, 2, 1, 0, 1, 1, 1, b"\7", raw(4, "f8")),
        old("one", 1, b"\7", raw(1.5, "f8")),
        old("old", 2, number(2), number(3), b"\7", raw(x, "f8")),
        old("old_z", 3, b"\7", raw(1 - 1j, "c16")),
        old("old_text", 7, number(2), number(2), b"ab", number(2), b"cd"),
    ]
    wanted = {
        "x": x,
        "shorts": x,
        "single": x.astype(np.float32),
        "z": z,
        "z_ints": z,
        "i64": np.array([[2**62 + 1, -(2**63)]]),
        "u16": np.array([[65535]], np.uint16),
        "large": large.astype(np.int32),
        "large_shorts": large.astype(float),
        "large_z": large - 1j * large,
        "range": np.array([[0, 0.25, 0.5, 0.75, 1]]),
        "s": {"f": "ab"},
        "sparse": np.array([[0.0, 0], [4, 0]]),
        "one": np.array([[1.5]]),
        "old": x,
        "old_z": np.array([[1 - 1j]]),
        "old_text": CharArray((2, 2), ("ab", "cd")),
    }
    plain, packed = tmp_path / "a.bin", tmp_path / "a.bin.gz"
    plain.write_bytes(b"".join(data))
    packed.write_bytes(gzip.compress(b"".join(data[:9])) + gzip.compress(b"".join(data[9:])))
    for path in (plain, packed):
        with pybn.open(path) as found:
            assert list(found) == list(wanted)
            assert [
                line for name, value in wanted.items() for line in differs(value, found[name], name)
            ] == []


OLD_TEXT = """\
# Created by Octave 2.1.50, Tue Apr 20 10:00:00 2004 EST <a@b>
# name: g
# type: global matrix
# rows: 2
# columns: 2
 1 2
 3 -4e-3
# name: t
# type: string
# length: 5
hello
# name: s
# type: struct
# length: 2
# name: a
# type: scalar
1
# name: b
# type: string
# elements: 1
# length: 1
x
# name: r
# type: range
# base, limit, increment
0 1 0.5
# name: wrapped
# type: matrix
# rows: 2
# columns: 3
 1 2
 3
 4 NA 6
# name: flat
# type: complex matrix
# ndims: 3
 2 1 2
 (1,2)
 (NaN,-Inf)
 (0,-0)
 (NA,1)
"""


def test_text_of_older_versions(tmp_path: Path) -> None:
    na = np.array([0x7FF840F440000000], np.uint64).view(np.float64)[0]
    flat = np.empty(4, complex)
    flat.real, flat.imag = [1, np.nan, 0, na], [2, -np.inf, -0.0, 1]
    wanted = {
        "g": np.array([[1, 2], [3, -0.004]]),
        "t": "hello",
        "s": {"a": np.array([[1.0]]), "b": "x"},
        "r": np.array([[0, 0.5, 1]]),
        "wrapped": np.array([[1, 2, 3], [4, na, 6]]),
        "flat": flat.reshape(2, 1, 2, order="F"),
    }
    for name, text in (
        ("a", OLD_TEXT),
        ("crlf", OLD_TEXT.replace("\n", "\r\n")),
        ("end", OLD_TEXT.rstrip("\n")),
    ):
        (tmp_path / name).write_bytes(text.encode())
        with pybn.open(tmp_path / name) as found:
            assert list(found) == list(wanted)
            assert [
                line for each, value in wanted.items() for line in differs(value, found[each], each)
            ] == []


# --- damage


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("# name: x\n# type: matrix\n# rows: 2\n 1 2\n", "x", "line 9: wanted # columns:, got ' 1 2'"),
        (
            "# name: x\n# type: matrix\n# rows: 2\n# columns: 2\n 1 2\n 3",
            "x",
            "line 10: wanted 4 numbers, got 3",
        ),
        (
            "# name: x\n# type: matrix\n# rows: 1\n# columns: 2\n 1 2x\n",
            "x",
            "line 10: wanted a number, got '2x'",
        ),
        (
            "# name: x\n# type: matrix\n# rows: 1\n# columns: 3\n 1 1.2.3\n",
            "x",
            "line 10: wanted a number, got '1.2.3'",
        ),
        (
            "# name: x\n# type: matrix\n# rows: -1\n# columns: 2\n",
            "x",
            "wanted a number after # rows:, got '-1'",
        ),
        (
            "# name: x\n# type: matrix\n# rows: 99999999\n# columns: 99999999\n 1",
            "x",
            "bytes of text for them",
        ),
        ("# name: x\n# type: int8 scalar\n300\n", "x", "wanted numbers of int8, got some from 300"),
        ("# name: x\n# type: uint64 scalar\n-3\n", "x", "wanted a number, got '-3'"),
        ("# name: x\n# type: quaternion\n1 2 3 4\n", "x", "of the type 'quaternion', which is not known"),
        (
            "# name: x\n# type: cell\n# rows: 1\n# columns: 2\n# name: <cell-element>\n# type: bool\n1\n",
            "x",
            r"\{2\}: line 12: breaks off",
        ),
        ("# name: x\n# type: string\n# elements: 1\n# length: 9\nabc\n", "x", "breaks off, 5 bytes short"),
        (
            "# name: x\n# type: sparse matrix\n# nnz: 1\n# rows: 2\n# columns: 2\n3 1 1\n",
            "x",
            "in no row or column",
        ),
        (
            "# name: x\n# type: permutation matrix\n# size: 2\n# orient: c\n1\n1\n",
            "x",
            "a permutation of 2 that is none",
        ),
        (
            "# name: x\n# type: struct\n# ndims: 2\n 1 2\n# length: 1\n# name: a\n# type: bool\n1\n",
            "x",
            "struct array",
        ),
        (
            "# name: x\n# type: double_range\n# base, limit, increment\n0 1e300 1\n",
            "x",
            "a range of [0-9,]+ elements",
        ),
    ],
)
def test_damaged_text_is_said_with_its_line(tmp_path: Path, text: str, name: str, message: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text("# name: before\n# type: scalar\n1\n\n\n" + text)
    with pybn.open(path) as found:
        assert found["before"][0, 0] == 1
        with pytest.raises(FormatError, match=rf"^{path}: {name}.*{message}"):
            found[name]


def test_a_large_array_of_text_that_breaks_off_or_goes_on(tmp_path: Path) -> None:
    head = "# name: x\n# type: matrix\n# rows: 3000\n# columns: 100\n"
    rows = [" ".join(f"{k}.5" for k in range(100))] * 3000
    for name, text, message in (
        ("short", "\n".join(rows[:-1]), "breaks off, 100 elements short"),
        ("long", "\n".join([*rows, "7"]), "more numbers than there are elements"),
        ("word", "\n".join([*rows[:-1], rows[0].replace("50.5", "x50")]), "wanted a number, got 'x50'"),
    ):
        (tmp_path / name).write_text(head + text + "\n\n\n# name: y\n# type: scalar\n2\n")
        with pybn.open(tmp_path / name) as found:
            assert list(found) == ["x", "y"]
            np.testing.assert_array_equal(found["x"][:3, 7], [7.5] * 3)
            with pytest.raises(FormatError, match=rf"{name}: x: .*byte [\d,]+.*{message}"):
                found["x"][...]


def test_damaged_binary_is_said_with_its_byte(tmp_path: Path) -> None:
    before = b"Octave-1-L\0" + record("<", "before", "bool", b"\1")
    for data, message in (
        (record("<", "x", "matrix", -2, 2, 2, b"\7", bytes(31)), "breaks off, 1 bytes short"),
        (record("<", "x", "matrix", -2, 2, -2), r"an array of the dimensions \[2, -2\]"),
        (record("<", "x", "matrix", -2, 2**31 - 1, 2**31 - 1, b"\7"), "breaks off, [0-9,]+ bytes short"),
        (record("<", "x", "matrix", -99, 1), "an array of 99 dimensions"),
        (record("<", "x", "matrix", -2, 1, 1, b"\x63", bytes(8)), "kept as number 99"),
        (record("<", "x", "quaternion", bytes(32)), "of the type 'quaternion', which is not known"),
        (
            record("<", "x", "cell", -2, 1, 2, record("<", "", "bool", b"\1")),
            "breaks off, where a value was wanted",
        ),
    ):
        for name, packed in (("a.bin", before + data), ("a.bin.gz", gzip.compress(before + data))):
            (tmp_path / name).write_bytes(packed)
            with pybn.open(tmp_path / name) as found:
                assert found["before"][0, 0]
                with pytest.raises(FormatError, match=rf"{name}: x.*: at byte [\d,]+: .*{message}"):
                    found["x"]
    (tmp_path / "vax.bin").write_bytes(b"Octave-1-L\3" + before[11:])
    with pytest.raises(FormatError, match="floats in a format that is none of IEEE's"):
        pybn.open(tmp_path / "vax.bin")


def test_nests_that_are_too_deep(tmp_path: Path) -> None:
    inner = record("<", "s", "bool", b"\1")
    for _ in range(100):
        inner = record("<", "s", "scalar struct", 1, inner)
    (tmp_path / "a.bin").write_bytes(b"Octave-1-L\0" + inner)
    with pybn.open(tmp_path / "a.bin") as found, pytest.raises(FormatError, match="at most 64 levels"):
        found["s"]


@pytest.mark.parametrize("name", ["text", "text.gz", "binary", "binary.gz"])
def test_cut_and_changed_files_are_errors_or_values(tmp_path: Path, saves: Path, name: str) -> None:
    """No other exception, no endless reading, and the error says which file."""
    values = without_large(saves, name, tmp_path)
    data, generator = values.read_bytes(), random.Random(name)
    path = tmp_path / "changed"
    for number in range(150):
        changed = bytearray(data)
        at = generator.randrange(30, len(data))
        if number % 3 == 0:
            del changed[at:]
        elif number % 3 == 1:
            changed[at] ^= 1 << generator.randrange(8)
        else:
            changed[at : at + 4] = generator.randbytes(4)
        path.write_bytes(changed)
        assert (said := trouble(path)) is None or said.startswith(f"{path}: ")


def trouble(path: Path) -> str | None:
    """Read all of a file; return what the error says, if there is one."""
    try:
        with pybn.open(path) as found:
            for each in found:
                value = found[each]
                if isinstance(value, LazyArray) and value.size < 1 << 20:
                    np.asarray(value)
    except FormatError as error:
        return str(error)
    return None


def without_large(saves: Path, name: str, folder: Path) -> Path:
    """The file up to its large arrays, which stand in the order of the alphabet behind all kinds of others."""
    raw = (saves / name).read_bytes()
    plain = gzip.decompress(raw) if name.endswith("gz") else raw
    cut = plain.index(b"large")
    cut -= 4 if name.startswith("binary") else plain[:cut][::-1].index(b"#") + 1
    (folder / "values").write_bytes(gzip.compress(plain[:cut]) if name.endswith("gz") else plain[:cut])
    return folder / "values"
