"""Data files of HDF5: MATLAB's v7.3 laid out by hand, plain ones, and those that lie, lead elsewhere or are damaged."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.sparse
from exactly import differs
from v73 import Refs, classed, fields, numbers, put, sparse, text, v73

import pybn
from pybn.errors import FileError, FormatError
from pybn.formats.lazy import LazyArray
from pybn.values import Cell, CharArray, Foreign, StructArray

NUMERIC = ["float64", "float32", *[f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64)]]
SHAPES = [
    (1, 1),
    (1, 4),
    (3, 1),
    (2, 3),
    (2, 3, 4),
    (1, 1, 3),
    (2, 1, 2, 3),
    (1, 2, 1, 2, 2),
    (2, 1, 1, 2, 1, 3),
]
EMPTIES = [(0, 0), (0, 3), (2, 0), (3, 0, 2), (0, 1, 4)]


def sample(dtype: str, shape: tuple[int, ...]) -> Any:
    """Numbers that show the order, the sign, the range and every bit of their dtype."""
    size = int(np.prod(shape))
    x = np.arange(1, size + 1).astype(dtype)
    if size > 3 and x.dtype.kind in "iu":
        x[:3] = np.iinfo(dtype).max, np.iinfo(dtype).min, np.iinfo(dtype).max - 1
    if size > 3 and x.dtype.kind == "f":
        x[:4] = np.nan, -np.inf, -0.0, np.finfo(dtype).tiny / 4
    return x.reshape(shape, order="F")


# --- v7.3: every class, of every rank


def test_v73_numbers_of_every_class_and_rank(tmp_path: Path) -> None:
    wanted: dict[str, Any] = {}
    for shape in SHAPES + EMPTIES:
        for dtype in NUMERIC:
            wanted[f"{dtype}_{'x'.join(map(str, shape))}"] = sample(dtype, shape)
        wanted[f"bool_{'x'.join(map(str, shape))}"] = sample("uint8", shape) % 2 == 1
        for dtype in ("complex128", "complex64") if shape in SHAPES else ():
            z = sample(dtype, shape)
            wanted[f"{dtype}_{'x'.join(map(str, shape))}"] = (z + 1j * z[::-1]).astype(dtype)
    with v73(tmp_path / "a.mat") as file:
        for name, x in wanted.items():
            numbers(file, name, x)
    with pybn.open(tmp_path / "a.mat") as found:
        assert (found.kind, found.row_major) == ("MATLAB v7.3 (HDF5)", False)
        assert set(found) == set(wanted)
        assert all(isinstance(found[name], LazyArray) for name in found)
        assert [line for name, x in wanted.items() for line in differs(x, found[name], name)] == []


def test_v73_numbers_however_they_are_stored(tmp_path: Path) -> None:
    x = np.arange(24, dtype=np.int32).reshape(2, 3, 4)
    pairs = np.array([[(1, -2)], [(3, 2**40 + 1)]], [("real", "i8"), ("imag", "i8")])
    with v73(tmp_path / "a.mat") as file:
        put(file, "big", x.astype(">i4").T, "int32")
        put(file, "narrow", x.astype("i1").T, "double")
        put(file, "zipped", x.T, "int32", chunks=(3, 2, 2), compression="gzip", shuffle=True)
        put(file, "marks", np.array([[0, 2, 255]], np.uint8).T, "logical")
        put(file, "wide", np.array([[0, 1]], np.int64).T, "logical")
        put(file, "pairs", pairs, "int64")
        put(file, "scalar", 7.5, "double")
        put(file, "vector", np.arange(3.0), "double")
        file["unclassed"] = x.T
        put(file, "lossy", np.zeros((2, 2)), "single")
        put(file, "inexact", np.array([[(2**53 + 1, 0)]], pairs.dtype), "int64")
    wanted = {
        "big": x,
        "narrow": x.astype(float),
        "zipped": x,
        "marks": np.array([[False, True, True]]),
        "wide": np.array([[False, True]]),
        "pairs": np.array([[1 - 2j, 3 + (2**40 + 1) * 1j]]),
        "scalar": np.array([[7.5]]),
        "vector": np.arange(3.0).reshape(3, 1),
        "unclassed": x,
    }
    with pybn.open(tmp_path / "a.mat") as found:
        assert [line for name, value in wanted.items() for line in differs(value, found[name], name)] == []
        with pytest.raises(
            FormatError, match=r"a\.mat: lossy: elements of float64, which the class single does"
        ):
            found["lossy"]
        with pytest.raises(FormatError, match=r"a\.mat: inexact: complex integers of more than 53 bits"):
            found["inexact"][...]


def test_v73_text(tmp_path: Path) -> None:
    page = np.array([[["a", "e"], ["c", "g"]], [["b", "f"], ["d", "é"]]])  # 2x2x2
    wanted = {
        "row": "words",
        "accents": "grüß",
        "beyond": "a🙂b",
        "rows": CharArray((2, 3), ("abc", "déf")),
        "column": CharArray((2, 1), ("a", "b")),
        "none": "",
        "thin": CharArray((3, 0), ("", "", "")),
        "half": "a\ud800",
        "nul": "a\0b ",
        "pages": CharArray((2, 2, 2), ("ac", "bd", "eg", "fé")),
        "bytes": "hé",
    }
    with v73(tmp_path / "a.mat") as file:
        for name in ("row", "accents", "beyond", "nul"):
            text(file, name, wanted[name])
        text(file, "rows", ["abc", "déf"])
        text(file, "column", ["a", "b"])
        text(file, "none", "")
        text(file, "thin", ["", "", ""])
        put(file, "half", np.array([[97], [0xD800]], np.uint16), "char")
        put(file, "pages", page.view(np.uint32).astype(np.uint16).T, "char")
        put(file, "bytes", np.array([[ord(c)] for c in "hé"], np.uint8), "char")
    with pybn.open(tmp_path / "a.mat") as found:
        assert dict(found) == wanted


@pytest.fixture
def nested(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A file with all that holds something else, and what is in it."""
    path, x = tmp_path / "nested.mat", np.arange(6.0).reshape(2, 3)
    empty = np.zeros((0, 0))
    with v73(path) as file:
        refs = Refs(file)
        nothing = put(*refs.next(), np.zeros(2, np.uint64), "canonical empty", {"MATLAB_empty": np.uint8(1)})
        array, word = numbers(*refs.next(), x), text(*refs.next(), "wörd")
        inner = refs.cell(*refs.next(), [word, nothing], (1, 2))
        refs.cell(file, "c", [array, word, nothing, inner, None, array], (2, 3))
        refs.cell(file, "deep", [array] * 4, (2, 1, 2))
        numbers(file, "c0", np.zeros((0, 3)), "cell")
        s = fields(classed(file.create_group("s"), "struct"), "z", "a", "in")
        numbers(s, "a", np.ones((1, 1)))
        refs.cell(s, "z", [word], (1, 1))
        numbers(fields(classed(s.create_group("in"), "struct"), "q"), "q", np.array([[True]]))
        many = fields(classed(file.create_group("many"), "struct"), "v", "k")
        refs.array(many, "k", [array, word, nothing], (1, 3))
        refs.array(many, "v", [inner, array, word], (1, 3))
        one = classed(file.create_group("one"), "struct")
        refs.array(one, "k", [array], (1, 1))
        fields(
            put(file, "none", np.array([0, 2], np.uint64), "struct", {"MATLAB_empty": np.uint8(1)}), "a", "b"
        )
        put(file, "bare", np.array([1, 1], np.uint64), "struct", {"MATLAB_empty": np.uint8(1)})
        put(file, "bares", np.array([2, 3], np.uint64), "struct", {"MATLAB_empty": np.uint8(1)})
        classed(file.create_group("bare2"), "struct")
        handle = classed(file.create_group("handle"), "function_handle", MATLAB_object_decode=np.int32(1))
        text(handle, "function", "sin")
        put(
            file,
            "object",
            np.array([[0xDD000000, 2, 1, 1, 1, 1]], np.uint32),
            "string",
            {"MATLAB_object_decode": 3},
        )
        old = classed(file.create_group("old"), "inline", MATLAB_object_decode=np.int32(2))
        text(old, "expr", "x+1")
        file.create_group("#subsystem#")
    element = {"v": Cell((1, 2), ("wörd", empty)), "k": x}
    return path, {
        "c": Cell((2, 3), (x, "wörd", empty, Cell((1, 2), ("wörd", empty)), empty, x)),
        "deep": Cell((2, 1, 2), (x, x, x, x)),
        "c0": Cell((0, 3), ()),
        "s": {"z": Cell((1, 1), ("wörd",)), "a": np.ones((1, 1)), "in": {"q": np.array([[True]])}},
        "many": StructArray((1, 3), ("v", "k"), (element, {"v": x, "k": "wörd"}, {"v": "wörd", "k": empty})),
        "one": {"k": x},
        "none": StructArray((0, 2), ("a", "b"), ()),
        "bare": {},
        "bares": StructArray((2, 3), (), ({},) * 6),
        "bare2": {},
        "handle": Foreign("function_handle"),
        "object": Foreign("string"),
        "old": Foreign("inline"),
    }


def test_v73_cells_structs_and_objects(nested: tuple[Path, dict[str, Any]]) -> None:
    path, wanted = nested
    with pybn.open(path) as found:
        assert set(found) == set(wanted)
        assert [line for name, value in wanted.items() for line in differs(value, found[name], name)] == []


def test_v73_what_is_large_in_a_struct_is_lazy_and_what_is_small_is_there(tmp_path: Path) -> None:
    large = np.arange(20_000.0).reshape(200, 100)
    with v73(tmp_path / "a.mat") as file:
        s = classed(file.create_group("s"), "struct")
        numbers(s, "large", large, chunks=(7, 200), compression="gzip")
        numbers(s, "small", large[:3])
    found = pybn.open(tmp_path / "a.mat")
    s = found["s"]
    assert isinstance(s["small"], np.ndarray)
    assert isinstance(s["large"], LazyArray)
    assert differs({"large": large, "small": large[:3]}, s) == []
    found.close()
    with pytest.raises(FileError, match=r"a\.mat: s\.large: the file was closed"):
        s["large"][:, 0]


def test_v73_sparse(tmp_path: Path) -> None:
    pairs = np.array([(1, 2), (0, -1)], [("real", "f8"), ("imag", "f8")])
    with v73(tmp_path / "a.mat") as file:
        sparse(file, "real", 4, [0, 1, 1, 3], [2, 0, 3], np.array([1.5, -2, np.nan]))
        sparse(file, "complex", 3, [0, 1, 2], [2, 1], pairs)
        sparse(file, "logical", 2, [0, 2], [0, 1], np.array([1, 1], np.uint8), "logical")
        sparse(file, "zero", 5, [0, 0, 0])
        sparse(file, "false", 5, [0, 0, 0], class_="logical")
        sparse(file, "slack", 3, [0, 1], [1, 0, 0], np.array([4.0, 0, 0]))
        sparse(file, "beyond", 3, [0, 1], [3], np.array([4.0]))
        sparse(file, "back", 3, [0, 2, 1], [0, 1], np.array([4.0, 5.0]))
        sparse(file, "short", 3, [0, 2, 3], [0, 1], np.array([4.0, 5.0]))
    wanted = {
        "real": np.array([[0, 0, -2], [0, 0, 0], [1.5, 0, 0], [0, 0, np.nan]]),
        "complex": np.array([[0, 0], [0, -1j], [1 + 2j, 0]]),
        "logical": np.array([[True], [True]]),
        "zero": np.zeros((5, 2)),
        "false": np.zeros((5, 2), bool),
        "slack": np.array([[0.0], [4], [0]]),
    }
    with pybn.open(tmp_path / "a.mat") as found:
        for name, value in wanted.items():
            assert isinstance(found[name], scipy.sparse.csc_array)
            assert found[name].dtype == value.dtype
            np.testing.assert_array_equal(found[name].toarray(), value)
        assert found["slack"].nnz == 1
        for name, told in (("beyond", "in no row"), ("back", "not where"), ("short", "not where")):
            with pytest.raises(FormatError, match=rf"a\.mat: {name}: a sparse matrix of 3x. .*{told}"):
                found[name]


# --- laziness


def test_slices_are_those_of_the_whole(tmp_path: Path) -> None:
    x = np.arange(5 * 4 * 3 * 2.0).reshape(5, 4, 3, 2)
    with v73(tmp_path / "a.mat") as file:
        numbers(file, "x", x, chunks=(1, 2, 3, 4), compression="gzip")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = x
    keys: list[Any] = [
        np.s_[...],
        np.s_[..., :1],
        np.s_[2],
        np.s_[-1, 1:3],
        np.s_[::2, ..., 0],
        np.s_[4:1:-1],
    ]
    keys += [np.s_[:, ::-3, 1:1], np.s_[1, 2, 0, 1], np.s_[:, [0, 2]], x > 50]
    for name in ("a.mat", "a.h5"):
        with pybn.open(tmp_path / name) as file:
            for key in keys:
                np.testing.assert_array_equal(file["x"][key], x[key])
            assert isinstance(file["x"][1, 2, 0, 1], np.float64)


@pytest.mark.parametrize(
    ("shape", "chunks", "most"),
    [
        ((7, 5, 103), (7, 5, 10), 7 * 5 * 8 * 25),  # two chunks and a half a block
        (
            (64, 3, 40),
            (3, 3, 32),
            64 * 3 * 8 * 12,
        ),  # a row of chunks is more than a block, and is taken whole
        ((200, 30, 64), (11, 7, 60), 11 * 7 * 60 * 8 * 2),  # far more: cut along other axes too
        ((9, 4), (2, 3), 1),
        ((5,), (2,), 1 << 20),
        ((6, 5, 4), None, 6 * 5 * 8 * 3),
    ],
)
@pytest.mark.parametrize("reverse", [True, False])
def test_blocks_are_the_whole_and_no_chunk_is_in_two(
    tmp_path: Path, shape: tuple[int, ...], chunks: tuple[int, ...] | None, most: int, *, reverse: bool
) -> None:
    x = np.arange(float(np.prod(shape))).reshape(shape)
    if reverse:
        with v73(tmp_path / "a") as file:
            numbers(file, "x", x, chunks=chunks and chunks[::-1])
    else:
        with h5py.File(tmp_path / "a", "w") as file:
            file.create_dataset("x", data=x, chunks=chunks)
    with pybn.open(tmp_path / "a") as found:
        lazy = found["x"]
        x = x.reshape(lazy.shape)
        out, times = np.full(x.shape, np.nan), np.zeros(x.shape, int)
        spans = list(lazy.blocks(most))
        for span in spans:
            block = lazy.read(span)
            assert block.nbytes <= max(5 * most, 8 * np.prod(chunks or x.shape[: -1 if reverse else None]))
            out[span] = block
            times[span] += 1
    np.testing.assert_array_equal(out, x)
    assert np.all(times == 1)
    if chunks:
        corners = itertools.product(*[range(0, n, c) for n, c in zip(shape, chunks, strict=True)])
        for corner in corners:
            chunk = tuple(slice(k, k + c) for k, c in zip(corner, chunks, strict=True))
            block_of = np.zeros(x.shape, int)
            for k, span in enumerate(spans):
                block_of[span] = k
            assert len(np.unique(block_of[chunk if x.ndim == len(chunk) else (*chunk, slice(None))])) == 1
    slow = x.ndim - 1 if reverse else 0
    assert [s[slow].start for s in spans] == sorted(s[slow].start for s in spans)


def bytes_read() -> int:
    """What this process has read by system calls."""
    told = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(told["rchar"])


def test_a_slice_of_a_large_array_costs_what_it_is(tmp_path: Path) -> None:
    shape, chunk = (256, 256, 1000), (256, 256, 4)  # 500 MB, of which the file system keeps next to nothing
    with v73(tmp_path / "a.mat") as file:
        plain, zipped = h5py.h5p.create(h5py.h5p.DATASET_CREATE), h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plain.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        plain.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        zipped.set_chunk(chunk[::-1])
        zipped.set_deflate(1)
        space = h5py.h5s.create_simple(shape[::-1])
        for name, plan in ((b"plain", plain), (b"zipped", zipped)):
            handle = h5py.h5d.create(file.id, name, h5py.h5t.IEEE_F64LE, space, plan)
            dataset = classed(h5py.Dataset(handle), "double")
            dataset[500] = np.arange(256 * 256.0).reshape(256, 256)
    assert (tmp_path / "a.mat").stat().st_size > 500 << 20
    sample = 256 * 256 * 8
    with pybn.open(tmp_path / "a.mat") as file:
        for name, most in (("plain", sample), ("zipped", sample)):
            before = bytes_read()
            x = file[name]
            assert bytes_read() - before < 64 << 10, "the header costs next to nothing"
            tracemalloc.start()
            last = x[..., 500]
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert bytes_read() - before < 1.1 * most + (64 << 10)
            assert peak < 1.1 * sample
            np.testing.assert_array_equal(last, np.arange(256 * 256.0).reshape(256, 256).T)
        before = bytes_read()
        for k in range(501, 504):
            assert not file["plain"][:4, :4, k].any()
        assert bytes_read() - before < 300 << 10, "a corner of each of three samples"


def test_chunks_are_inflated_once_for_all_the_samples_in_them(tmp_path: Path) -> None:
    x = np.random.default_rng(1).normal(size=(64, 64, 32))
    with v73(tmp_path / "a.mat") as file:
        numbers(file, "x", x, chunks=(16, 64, 64), compression="gzip")
    with pybn.open(tmp_path / "a.mat") as file:
        lazy, before = file["x"], bytes_read()
        for k in range(32):
            np.testing.assert_array_equal(lazy[..., k], x[..., k])
        assert bytes_read() - before < 1.1 * (tmp_path / "a.mat").stat().st_size


# --- plain HDF5


def test_plain_files(tmp_path: Path) -> None:
    x = np.arange(6.0).reshape(2, 3)
    with h5py.File(tmp_path / "a.h5", "w", track_order=True) as file:
        file["z/deep/er/x"] = x
        file["z/i"] = np.arange(3, dtype=">i2")
        file["flag"] = np.array([[True], [False]])
        file["c"] = (x + 1j).astype(np.complex64)
        pairs = np.zeros(2, [("real", "f4"), ("imag", "f4")])
        pairs["imag"] = 1, 2
        file["pairs"] = pairs
        file["scalar"] = np.int64(2**62 + 1)
        file["null"] = h5py.Empty("f4")
        file["nothing"] = np.zeros((0, 4))
        file["word"] = "wörd"
        file["words"] = np.array([["a", "longer"], ["", "é"]], object)
        file["fixed"] = np.array([b"abc", b"de"])
        file["colour"] = np.array([0, 2], h5py.enum_dtype({"RED": 0, "BLUE": 2}, "u1"))
        file["half"] = np.array([1.5], np.float16)
        table = np.zeros(2, [("id", "u1"), ("at", "f8", (2, 2)), ("name", "S3"), ("z", ">f4")])
        table["id"], table["name"], table["z"] = (1, 2), (b"ab", b"c"), 0.5
        file["table"] = table
        file["type"] = np.dtype("f4")
        file["soft"] = h5py.SoftLink("/z/deep/soft")
        file["z/deep/soft"] = h5py.SoftLink("er/./x")
        file["group"] = h5py.SoftLink("/z/deep")
        file["twin"] = file["scalar"]
    wanted = {
        "z/deep/er/x": x,
        "z/deep/soft": x,
        "z/i": np.arange(3, dtype=np.int16),
        "flag": np.array([[True], [False]]),
        "c": (x + 1j).astype(np.complex64),
        "pairs": np.array([1j, 2j], np.complex64),
        "scalar": np.array(2**62 + 1),
        "null": np.zeros(0, np.float32),
        "nothing": np.zeros((0, 4)),
        "word": "wörd",
        "words": np.array([["a", "longer"], ["", "é"]]),
        "fixed": np.array(["abc", "de"]),
        "colour": np.array([0, 2], np.uint8),
        "half": np.array([1.5], np.float16),
        "table": {
            "id": np.array([1, 2], np.uint8),
            "at": np.zeros((2, 2, 2)),
            "name": np.array(["ab", "c"]),
            "z": np.full(2, 0.5, np.float32),
        },
        "soft": x,
        "twin": np.array(2**62 + 1),
    }
    with pybn.open(tmp_path / "a.h5") as found:
        assert (found.kind, found.row_major) == ("HDF5", True)
        assert list(found) == list(wanted)
        assert [line for name, value in wanted.items() for line in differs(value, found[name], name)] == []
        assert found["z/deep/er/x"].row_major
        assert isinstance(found["table"]["z"], LazyArray)


def test_axes_of_plain_files(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name in ("attribute", "labels", "scales", "none", "partly"):
            file[name] = np.zeros((2, 3))
        file["attribute"].attrs["axes"] = ["N", "D"]
        file["labels"].dims[0].label, file["labels"].dims[1].label = "time", "channel"
        file["partly"].dims[1].label = "channel"
        file["g/wave"] = np.zeros(2)
        file["g/wave"].make_scale()
        file["k"] = np.zeros(3)
        file["k"].make_scale("wavenumber")
        file["scales"].dims[0].attach_scale(file["g/wave"])
        file["scales"].dims[1].attach_scale(file["k"])
    with pybn.open(tmp_path / "a.h5") as found:
        assert {name: axes for name in found if (axes := found.axes(name))} == {
            "attribute": ("N", "D"),
            "labels": ("time", "channel"),
            "partly": ("", "channel"),
            "scales": ("wave", "wavenumber"),
            "g/wave": ("wave",),
            "k": ("wavenumber",),
        }


def test_netcdf_4(tmp_path: Path) -> None:
    """As the netCDF library lays it out: dimensions are scales, of which those without values are only that."""
    with h5py.File(tmp_path / "a.nc", "w", track_order=True) as file:
        file.attrs["_NCProperties"] = np.bytes_("version=2,netcdf=4.9.2,hdf5=1.14.0")
        for number, (name, size) in enumerate({"time": 4, "band": 3}.items()):
            file[name] = np.zeros(size, ">f4") if name == "band" else np.arange(4.0)
            only = f"This is a netCDF dimension but not a netCDF variable. {size:10}"
            file[name].make_scale(name if name == "time" else only)
            file[name].attrs["_Netcdf4Dimid"] = np.int32(number)
        file.create_dataset("t", data=np.zeros((4, 3), np.float32), fillvalue=9.96921e36)
        for axis, name in enumerate(("time", "band")):
            file["t"].dims[axis].attach_scale(file[name])
        file["chars"] = np.array([b"a", b"b", b"c"])
    with pybn.open(tmp_path / "a.nc") as found:
        assert list(found) == ["time", "t", "chars"]
        assert {name: found.axes(name) for name in found} == {
            "time": ("time",),
            "t": ("time", "band"),
            "chars": None,
        }
        assert list(found["chars"]) == ["a", "b", "c"]


# --- what leads elsewhere, lies, or is damaged


def test_nothing_is_followed_out_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["secret"] = np.arange(7.0)
    other = str(tmp_path / "other.h5")
    layout = h5py.VirtualLayout((7,), "f8")
    layout[:] = h5py.VirtualSource(other, "secret", (7,))
    for matlab in (True, False):
        path = tmp_path / f"{matlab}.h5"
        with v73(path) if matlab else h5py.File(path, "w") as file:
            file["group/link"] = h5py.ExternalLink(other, "/secret")
            file["link"] = h5py.ExternalLink(other, "/secret")
            file["soft"] = h5py.SoftLink("/group/link")
            file["through"] = h5py.SoftLink("/nest/secret")
            file["nest"] = h5py.ExternalLink(other, "/")
            file["nowhere"] = h5py.SoftLink("/none")
            file["round"] = h5py.SoftLink("/round")
            file.create_dataset("raw", (16,), "u1", external=[("/etc/passwd", 0, 16)])
            file.create_virtual_dataset("virtual", layout)
            file.create_virtual_dataset("hidden/virtual", layout)
            ok = file.create_dataset("ok", data=[[1.0]])
            if matlab:
                classed(ok, "double")
                classed(file["raw"], "uint8")
                classed(file["group"], "struct")
                classed(file["hidden"], "struct")
        with pybn.open(path) as found:
            told = {}
            for name in found:
                try:
                    assert found[name][...] == 1
                except FormatError as error:
                    told[name] = str(error)
            assert all(text.startswith(f"{path}: ") for text in told.values())
            assert set(told) == set(found) - {"ok"}
            assert set(found) >= {
                "link",
                "soft",
                "through",
                "nest",
                "nowhere",
                "round",
                "raw",
                "virtual",
                "ok",
            }
        assert f"an external link -> /secret in {other}, not followed" in told["link"]
        assert "a soft link -> /group/link" in told["soft"] or "an external link -> /secret" in told["soft"]
        assert "values in /etc/passwd, not read" in told["raw"]
        assert f"virtual, values from secret in {other}, not read" in told["virtual"]
        in_group = told["group" if matlab else "group/link"]
        assert "an external link -> /secret" in in_group
        assert "virtual" in told["hidden" if matlab else "hidden/virtual"]


def patched(path: Path, old: bytes, new: bytes, *, times: int = 1) -> None:
    data = path.read_bytes()
    assert data.count(old) == times
    assert len(old) == len(new)
    path.write_bytes(data.replace(old, new))


def test_a_name_that_is_a_path_is_not_walked(tmp_path: Path) -> None:
    """The library would take such a name of a member apart, and follow the link on the way."""
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["secret"] = np.arange(7.0)
    for name, write in (("a.mat", v73), ("a.h5", lambda path: h5py.File(path, "w"))):
        with write(tmp_path / name) as file:
            file["to"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/")
            classed(file.create_dataset("to_secret", data=np.zeros((1, 1))), "double")
            classed(file.create_dataset("x", data=np.ones((1, 1))), "double")
        patched(tmp_path / name, b"to_secret", b"to/secret")
        with pybn.open(tmp_path / name) as found:
            with pytest.raises(FormatError, match=r"/to/secret: cannot be read: a name that is a path"):
                found["to/secret"]
            assert found["x"][...] == 1


def low_level(file: h5py.File, name: str, shape: tuple[int, ...], change: Callable[[Any], None]) -> Any:
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    change(plan)
    space = h5py.h5s.create_simple(shape)
    return h5py.Dataset(h5py.h5d.create(file.id, name.encode(), h5py.h5t.IEEE_F64LE, space, plan))


def test_filters_that_are_not_there_are_named(tmp_path: Path) -> None:
    def zstd(plan: Any) -> None:
        plan.set_chunk((2, 2))
        plan.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))

    def unknown(plan: Any) -> None:
        plan.set_chunk((2, 2))
        plan.set_filter(31999, h5py.h5z.FLAG_OPTIONAL, ())

    with v73(tmp_path / "a.mat") as file:
        for name, change in (("zstd", zstd), ("unknown", unknown)):
            low_level(file, name, (2, 2), change).id.write_direct_chunk((0, 0), b"compressed")
    with pybn.open(tmp_path / "a.mat") as found:
        for name, told in (("zstd", r"32015 \(zstd\)"), ("unknown", r"31999 \(unknown\)")):
            with pytest.raises(
                FormatError, match=rf"a\.mat: {name}: .* HDF5 filter {told}, which is not installed"
            ):
                found[name]


def test_what_is_only_declared_is_not_made_up(tmp_path: Path) -> None:
    with v73(tmp_path / "a.mat") as file:
        for name, shape, chunk in (
            ("huge", (1 << 20, 1 << 20), (1 << 10, 1 << 10)),
            ("large", (1 << 10, 1 << 10, 400), (1 << 6, 1 << 6, 4)),
        ):
            numbers_of = file.create_dataset(name, shape[::-1], "f8", chunks=chunk[::-1], compression="gzip")
            classed(numbers_of, "double")
        file["large"][7, 5, 3] = 2.5
        classed(file.create_dataset("text", (1 << 30, 1), "u2", chunks=(1 << 20, 1)), "char")
        classed(file.create_dataset("cell", (1 << 26, 1), h5py.ref_dtype, chunks=(1 << 20, 1)), "cell")
        classed(file.create_dataset("late", (1 << 15, 1 << 15), "f8"), "double")
        classed(
            file.create_dataset("chunk", (1 << 15, 1 << 15), "f8", chunks=(1 << 14, 1 << 14), compression=1),
            "double",
        )
        file["chunk"].id.write_direct_chunk((0, 0), b"x" * 100)
    tracemalloc.start()
    with pybn.open(tmp_path / "a.mat") as found:
        for name, told in (
            ("huge", r"a\.mat: huge: declares 8,796,093,022,208 bytes in a file of [0-9,]+"),
            ("text", r"a\.mat: text: declares 2,147,483,648 bytes and stores 0"),
            ("cell", r"a\.mat: cell: wanted at most [0-9,]+ values in one"),
            ("chunk", r"a\.mat: chunk: declares chunks of 2,147,483,648 bytes and stores 100"),
        ):
            with pytest.raises(FormatError, match=told):
                found[name]
        assert found["large"][3, 5, 7] == 2.5
        assert found["late"][7, :9].tolist() == [0] * 9
        for name in ("large", "late"):
            with pytest.raises(
                FormatError, match=rf"{name}: wanted [0-9,]+ bytes, of which .* were ever written"
            ):
                found[name][...]
    assert tracemalloc.get_traced_memory()[1] < 10 << 20
    tracemalloc.stop()


def test_cycles_and_fans_end(tmp_path: Path) -> None:
    with v73(tmp_path / "a.mat") as file:
        refs = Refs(file)
        loop = refs.cell(*refs.next(), [None], (1, 1))
        loop[...] = loop.ref
        refs.cell(file, "loop", [loop], (1, 1))
        s = classed(file.create_group("s"), "struct")
        s["self"] = s
        fan = text(*refs.next(), "ha")
        for _ in range(30):
            fan = refs.cell(*refs.next(), [fan, fan], (1, 2))
        file["fan"] = fan
        deep = text(*refs.next(), "deep")
        for _ in range(70):
            deep = refs.cell(*refs.next(), [deep], (1, 1))
        file["deep"] = deep
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["a/b/up"] = file["/"]
        file["a/x"] = np.zeros(3)
        file["fan/x"] = np.ones(3)
        group = file["fan"]
        for k in range(30):
            outer = file.create_group(f"fan{k}")
            outer["a"] = outer["b"] = group
            group = outer
    with pybn.open(tmp_path / "a.mat") as found:
        for name, told in (
            ("loop", r"loop\{1\}\{1\} \(/#refs#/0000\): holds itself"),
            ("s", r"s\.self \(/s/self\): holds itself"),
            ("fan", r"fan(\{\d\})+ .*: wanted at most 1,00[0-9],[0-9]+ values in one"),
            ("deep", r"deep(\{1\})+ .*: wanted at most 64 levels of cells and structs"),
        ):
            with pytest.raises(FormatError, match=rf"a\.mat: {told}"):
                found[name]
    with pytest.raises(FormatError, match=r"a\.h5: /: more links than a file of its size can hold"):
        pybn.open(tmp_path / "a.h5")


def test_groups_that_hold_each_other_are_listed_once(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["a/b/up"] = file["/"]
        file["a/x"] = np.zeros(3)
        file["twin"] = file["a"]
    with pybn.open(tmp_path / "a.h5") as found:
        assert list(found) == ["a/x", "twin/x"]


def test_damage_is_said_with_its_place(tmp_path: Path) -> None:
    x = np.random.default_rng(2).normal(size=(50, 40))
    with v73(tmp_path / "a.mat") as file:
        refs = Refs(file)
        inner = numbers(*refs.next(), x, chunks=(40, 10), compression="gzip")
        refs.cell(file, "c", [inner], (1, 1))
        numbers(file, "x", x, chunks=(10, 50), compression="gzip", fletcher32=True)
        chunks = [file["x"].id.read_direct_chunk((20, 0))[1], inner.id.read_direct_chunk((0, 10))[1]]
        numbers(file, "text", np.array([[0.5]]), "char")
        numbers(file, "odd", np.array([[0.5]]), "quaternion")
        put(file, "empty", np.array([2, 3], np.uint64), "double", {"MATLAB_empty": np.uint8(1)})
        put(file, "minus", np.array([-1, 3], np.int64), "double", {"MATLAB_empty": np.uint8(1)})
        put(file, "cells", np.zeros((2, 2)), "cell")
        many = classed(file.create_group("many"), "struct")
        refs.array(many, "a", [inner, inner], (1, 2))
        refs.array(many, "b", [inner], (1, 1))
        dangling = classed(file.create_dataset("dangling", (1, 1), h5py.ref_dtype), "cell")
        dangling[...] = inner.ref
        at = dangling.id.get_offset()
    data = bytearray((tmp_path / "a.mat").read_bytes())
    for chunk in chunks:
        data[data.index(chunk) + 100] ^= 0x10
    data[at : at + 8] = (1 << 40).to_bytes(8, "little")
    (tmp_path / "a.mat").write_bytes(data)
    with pybn.open(tmp_path / "a.mat") as found:
        np.testing.assert_array_equal(found["x"][:, :10], x[:, :10])
        for name, told in (
            ("x", r"x: cannot be read: "),
            ("c", r"c\{1\} \(/#refs#/0000\): cannot be read: "),
            ("text", r"text: text of float64"),
            ("empty", r"empty: an empty double of shape \[2, 3\]"),
            ("minus", r"minus: an empty double of shape \[-1, 3\]"),
            ("cells", r"cells: wanted references, got float64"),
            ("many", r"many: a struct array whose fields are not as many as each other"),
            ("dangling", r"dangling: cannot be read: "),
        ):
            with pytest.raises(FormatError, match=rf"^{tmp_path}/a\.mat: {told}"):
                np.asarray(found[name])
        assert found["odd"] == Foreign("quaternion")


def test_what_is_cut_short_is_said(tmp_path: Path, nested: tuple[Path, dict[str, Any]]) -> None:
    data = nested[0].read_bytes()
    (tmp_path / "cut.mat").write_bytes(data[: len(data) // 2])
    with pytest.raises(FormatError, match=r"cut\.mat: cannot be opened as HDF5: .*cut short"):
        pybn.open(tmp_path / "cut.mat")


def test_a_v73_file_without_variables_is_one(tmp_path: Path) -> None:
    with v73(tmp_path / "a.mat"):
        pass
    with pybn.open(tmp_path / "a.mat") as found:
        assert (list(found), found.kind) == ([], "MATLAB v7.3 (HDF5)")


@pytest.mark.parametrize("shuffle", [False, True])
def test_deflated_chunks_are_what_the_library_reads(
    tmp_path: Path, shuffle: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pybn.formats import hdf5_chunks

    x = np.random.default_rng(0).integers(-9, 9, (5, 70, 90)).astype(np.float32)
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        how = {"chunks": (2, 40, 60), "compression": "gzip", "shuffle": shuffle}
        file.create_dataset("x", data=x, **how)
        file.create_dataset("part", shape=x.shape, dtype="f4", fillvalue=7, **how)[:2] = x[:2]
    seen: list[bool] = []

    def watched(*asked: Any) -> Any:
        made = own(*asked)
        seen.append(made is not None)
        return made

    own = hdf5_chunks.unpacked
    monkeypatch.setattr("pybn.formats.hdf5_lazy.unpacked", watched)
    with pybn.open(path) as file:
        for span in (np.s_[:], np.s_[2:4], np.s_[4:], np.s_[:, 40:, :60], np.s_[1:4, 3:50, 7:9]):
            assert np.array_equal(file["x"][span], x[span])
            assert np.array_equal(file["part"][span], np.where(np.arange(5)[:, None, None] < 2, x, 7)[span])
    if hdf5_chunks.igzip is not None:
        assert any(seen)  # whole chunks
        assert not all(seen)  # parts of chunks, and chunks that were never written
    where = path.read_bytes().index(b"x\x5e") if not shuffle else path.read_bytes().rindex(b"x\x5e")
    path.write_bytes(path.read_bytes()[: where + 40] + bytes(60) + path.read_bytes()[where + 100 :])
    with pybn.open(path) as file, pytest.raises(FormatError, match=r"x\.h5: "):
        [np.asarray(file[name]) for name in file]
