"""HDF5 in its dialects: plain, pybn's fixtures, and MATLAB v7.3 laid out here by hand as MATLAB does."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pybn.errors import FormatError
from pybn.formats.fixture import Record, write_fixture
from pybn.inspection import Listing, inspect


def seen(listing: Listing) -> dict[str, tuple[Any, ...]]:
    """The type, shape and bytes of everything, by its path."""
    rows = listing.to_json()["rows"]
    return {
        "/".join(row["path"]): (
            row["type"],
            None if row["shape"] is None else tuple(row["shape"]),
            row["bytes"],
        )
        for row in rows
    }


def notes(listing: Listing) -> dict[str, str]:
    return {"/".join(row["path"]): row["note"] for row in listing.to_json()["rows"] if row["note"]}


# --- plain HDF5


def test_types_and_shapes(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["group/f4"] = np.zeros((2, 3), np.float32)
        file["group/big"] = np.zeros(3, ">i2")
        file["flag"] = np.array([True, False])
        file["z"] = np.zeros((2, 2), np.complex64)
        file["text"] = "word"
        file["words"] = np.array(["a", "b"], object)
        file["fixed"] = np.array([b"abc", b"de"])
        file["pair"] = np.zeros(2, [("id", "u1"), ("at", "f8", (2, 2))])
        file["null"] = h5py.Empty("f8")
        file["ragged"] = np.array([np.zeros(2), np.zeros(3)], object).astype(h5py.vlen_dtype("f8"))
        file["colour"] = np.zeros(2, h5py.enum_dtype({"RED": 0, "BLUE": 1}, "u1"))
        file["ref"] = np.array([file["z"].ref], h5py.ref_dtype)
        file["type"] = np.dtype("f4")
        file["zero"] = np.zeros((0, 4))
    listing = inspect(path)
    assert listing.contents.kind == "HDF5"
    assert seen(listing) == {
        "group": ("group", None, None),
        "group/big": ("int16 big-endian", (3,), 6),
        "group/f4": ("float32", (2, 3), 24),
        "flag": ("bool", (2,), 2),
        "z": ("complex64", (2, 2), 32),
        "text": ("string", (), None),
        "words": ("string", (2,), None),
        "fixed": ("string", (2,), 6),
        "pair": ("{id: uint8, at: float64 2x2}", (2,), 66),
        "null": ("float64", None, None),
        "ragged": ("variable-length float64", (2,), None),
        "colour": ("enum {RED, BLUE}", (2,), 2),
        "ref": ("reference", (1,), None),
        "type": ("named type", None, None),
        "zero": ("float64", (0, 4), 0),
    }


def test_axes_come_from_labels_an_attribute_or_scales(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", track_order=True) as file:
        for name in ("text", "list", "labels", "scales", "none", "number"):
            file[name] = np.zeros((2, 3))
        file["text"].attrs["axes"] = "H W"
        file["list"].attrs["axes"] = ["N", "D"]
        file["labels"].dims[1].label = "time\x1b"
        file["wave"] = np.zeros(2)
        file["wave"].make_scale("wavelength")
        file["scales"].dims[0].attach_scale(file["wave"])
        file["number"].attrs["axes"] = 3
        file.create_group("case").attrs["name"] = "height\nis not width"
    listing = inspect(path)
    axes = {row["name"]: row["axes"] for row in listing.to_json()["rows"] if row["axes"]}
    assert axes == {
        "text": ("H", "W"),
        "list": ("N", "D"),
        "labels": ("", "time\x1b"),
        "scales": ("wavelength", ""),
    }
    assert [row.name for row in listing.contents.rows][:2] == ["text", "list"]
    text = listing.to_text().splitlines()
    assert text[2:5] == [
        "name    type     shape  axes          bytes",
        "text    float64  2x3    H W              48",
        "list    float64  2x3    N D              48",
    ]
    assert text[5].startswith(r"labels  float64  2x3    ? time\x1b")
    assert text[10] == r"case    group                                name: height\nis not width"


def test_a_pybn_fixture(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    inputs = {"x": np.zeros((5, 4, 3, 1), np.float32), "eps": np.array(1.0), "none": np.zeros((0, 3))}
    axes = {"x": "H W C N"}
    versions = {"octave": "7.3.0", "blas": "some"}
    good = Record("one/image", "d", {}, versions, inputs, {"y": np.zeros((2, 3))}, axes=axes)
    refused = Record("refused", "d", {}, versions, {}, {}, refusal=("pybn:shape", "no"), axes={})
    write_fixture(path, [good, refused])
    listing = inspect(path)
    assert listing.contents.kind == "pybn fixture (HDF5): 2 cases recorded under Octave 7.3.0"
    tensors = {name.rpartition("/")[2]: row for name, row in seen(listing).items() if row[1] is not None}
    assert tensors == {
        "x": ("float32", (5, 4, 3, 1), 240),
        "eps": ("float64", (), 8),
        "none": ("float64", (0, 3), 0),
        "y": ("float64", (2, 3), 48),
    }
    assert "refused: pybn:shape" in listing.to_text()
    assert "5x4x3x1  H W C N" in listing.to_text()


# --- what must not be followed


def test_nothing_that_leads_elsewhere_is_followed(tmp_path: Path) -> None:
    path, other = tmp_path / "a.h5", tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["secret"] = np.zeros(7)
    layout = h5py.VirtualLayout((2, 7), "f8")
    layout[0] = layout[1] = h5py.VirtualSource(str(other), "secret", (7,))
    growing = h5py.VirtualLayout((4,), "f8", maxshape=(None,))
    growing[: h5py.h5s.UNLIMITED] = h5py.VirtualSource(str(other), "secret", (7,), maxshape=(None,))[
        : h5py.h5s.UNLIMITED
    ]
    with h5py.File(path, "w") as file:
        file["outside"] = h5py.ExternalLink(str(other), "/secret")
        file["passwd"] = h5py.ExternalLink("/etc/passwd", "/")
        file["soft"] = h5py.SoftLink("/outside")
        file["nowhere"] = h5py.SoftLink("/none")
        file.create_dataset("raw", (16,), "u1", external=[("/etc/passwd", 0, 16)])
        file.create_virtual_dataset("virtual", layout)
        file.create_virtual_dataset("growing", growing)
    listing = inspect(path)
    assert seen(listing) == {
        "growing": ("float64", (0,), 0),
        "nowhere": ("soft link", None, None),
        "outside": ("external link", None, None),
        "passwd": ("external link", None, None),
        "raw": ("uint8", (16,), 16),
        "soft": ("soft link", None, None),
        "virtual": ("float64", (2, 7), 112),
    }
    assert notes(listing) == {
        "growing": f"virtual, values from secret in {other}, not read",
        "nowhere": "-> /none",
        "outside": f"-> /secret in {other}, not followed",
        "passwd": "-> / in /etc/passwd, not followed",
        "raw": "values in /etc/passwd, not read",
        "soft": "-> /outside",
        "virtual": f"virtual, values from secret in {other} and 1 more, not read",
    }


def test_cycles_end(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["a/b/up"] = file["/"]
        file["a/b/self"] = file["a/b"]
        file["twin"] = file["a"]
    assert notes(inspect(path)) == {
        "a/b/self": "the same as /a/b",
        "a/b/up": "the same as /",
        "twin": "the same as /a",
    }


def test_what_is_only_declared_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", libver="latest") as file:
        file.create_dataset("huge", (1 << 20, 1 << 20), "f8")
        file.create_dataset(
            "chunked", (1 << 20, 1 << 20), "f8", chunks=(1 << 12, 1 << 12), compression="gzip"
        )
        file.create_dataset("labelled", (1 << 40,), "u1").attrs["axes"] = np.zeros(1 << 20, "S15")
    before = time.monotonic()
    listing = inspect(path, memory=1 << 30)
    assert time.monotonic() - before < 3
    assert {row[2] for row in seen(listing).values()} == {1 << 43, 1 << 40}
    assert {row.axes for row in listing.contents.rows} == {()}


def test_depth_and_number_are_limited_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_group("/".join(["deep"] * 60))
        wide = file.create_group("wide")
        for k in range(1_200):
            wide[f"{k:04}"] = h5py.SoftLink("/none")
    listing = inspect(path)
    paths = [row["path"] for row in listing.to_json()["rows"]]
    assert max(map(len, paths)) == 25
    assert sum(path[0] == "wide" for path in paths) == 1_001
    assert [row.unlisted for row in listing.contents.rows if row.unlisted] == [1, 200]


def test_what_cannot_be_read_is_said_and_the_rest_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        for name, dims in (("bad", [-1, 2]), ("good", [1, 2])):
            group = file.create_group(name)
            group.attrs["OCTAVE_NEW_FORMAT"] = group.attrs["OCTAVE_EMPTY_MATRIX"] = np.uint8(1)
            group["type"], group["value"] = np.bytes_("matrix"), np.array(dims)
    listing = inspect(path)
    assert seen(listing) == {"bad": ("unreadable", None, None), "good": ("double", (1, 2), 16)}
    assert notes(listing)["bad"] == "cannot be read: an array of the dimensions (-1, 2)"
    assert listing.contents.about[-1] == "DAMAGED: 1 object cannot be read"


# --- MATLAB v7.3


def put(
    parent: h5py.Group, name: str, value: np.ndarray[Any, Any], class_: str, **attrs: Any
) -> h5py.Dataset:
    dataset = parent.create_dataset(name, data=value)
    dataset.attrs["MATLAB_class"] = np.bytes_(class_)
    for key, attribute in attrs.items():
        dataset.attrs[key] = attribute
    return dataset


def fields(group: h5py.Group, *names: str) -> None:
    group.attrs["MATLAB_class"] = np.bytes_("struct")
    value = np.empty(len(names), object)
    value[:] = [np.array(list(name.encode()), np.uint8).view("S1") for name in names]
    group.attrs.create("MATLAB_fields", value, dtype=h5py.vlen_dtype(np.dtype("S1")))


@pytest.fixture
def matlab(tmp_path: Path) -> Path:
    path = tmp_path / "a.mat"
    complex_ = np.zeros((2, 3), [("real", "f8"), ("imag", "f8")])
    with h5py.File(path, "w", userblock_size=512) as file:
        refs = file.create_group("#refs#")
        text = put(refs, "a", np.zeros((4, 1), np.uint16), "char", MATLAB_int_decode=2)
        empty = put(refs, "b", np.zeros(2, np.uint64), "canonical empty", MATLAB_empty=np.uint8(1))
        inner = put(refs, "c", np.array([[text.ref]], h5py.ref_dtype), "cell")
        put(file, "x", np.zeros((2, 3, 4, 5)), "double")
        put(file, "z", complex_, "double")
        put(file, "flag", np.zeros((1, 1), np.uint8), "logical", MATLAB_int_decode=1)
        put(file, "i8", np.zeros((3, 1), np.int8), "int8")
        put(file, "none", np.array([0, 3], np.uint64), "single", MATLAB_empty=np.uint8(1))
        put(
            file,
            "cell",
            np.array([[text.ref, empty.ref], [inner.ref, h5py.Reference()]], h5py.ref_dtype),
            "cell",
        )
        metadata = np.array([[0xDD000000, 2, 2600, 1, *range(1, 2602)]], np.uint32)
        put(file, "net", metadata, "dlnetwork", MATLAB_object_decode=np.int32(3))
        one = file.create_group("one")
        put(one, "a", np.zeros((1, 1)), "double")
        put(one, "b", np.zeros((1, 2)), "double")
        fields(one, "b", "a")
        many = file.create_group("many")
        many["v"] = np.array([[text.ref], [empty.ref]], h5py.ref_dtype)
        many["k"] = np.array([[empty.ref], [text.ref]], h5py.ref_dtype)
        fields(many, "v", "k")
        sparse = file.create_group("sparse")
        sparse.attrs["MATLAB_class"], sparse.attrs["MATLAB_sparse"] = np.bytes_("double"), np.uint64(7)
        sparse["data"], sparse["ir"], sparse["jc"] = (
            np.zeros(2),
            np.zeros(2, np.uint64),
            np.zeros(4, np.uint64),
        )
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64, HDF5 schema 1.00 .".ljust(124) + b"\0\2IM")
    return path


def test_matlab_7_3(matlab: Path) -> None:
    listing = inspect(matlab)
    assert listing.contents.kind == "MATLAB v7.3 (HDF5)"
    assert listing.contents.about[0].startswith("header: MATLAB 7.3 MAT-file, Platform: GLNXA64")
    assert any("MATLAB's order" in line for line in listing.contents.about)
    assert seen(listing) == {
        "cell": ("cell", (2, 2), None),
        "cell/{1,1}": ("char", (1, 4), 8),
        "cell/{2,1}": ("double", (0, 0), 0),
        "cell/{1,2}": ("cell", (1, 1), None),
        "cell/{1,2}/{1}": ("char", (1, 4), 8),
        "cell/{2,2}": ("nothing", None, None),
        "flag": ("logical", (1, 1), 1),
        "i8": ("int8", (1, 3), 3),
        "many": ("struct", (1, 2), None),
        "many/(1).v": ("char", (1, 4), 8),
        "many/(1).k": ("double", (0, 0), 0),
        "many/(2).v": ("double", (0, 0), 0),
        "many/(2).k": ("char", (1, 4), 8),
        "net": ("dlnetwork object", (2600, 1), None),
        "none": ("single", (0, 3), 0),
        "one": ("struct", (1, 1), None),
        "one/b": ("double", (2, 1), 16),
        "one/a": ("double", (1, 1), 8),
        "sparse": ("sparse double", (7, 3), None),
        "x": ("double", (5, 4, 3, 2), 960),
        "z": ("double complex", (3, 2), 96),
    }
    in_order = [name for name in seen(listing) if name.startswith(("one/", "many/"))]
    assert in_order == ["many/(1).v", "many/(1).k", "many/(2).v", "many/(2).k", "one/b", "one/a"]
    assert notes(listing) == {"sparse": "2 nonzeros"}


def test_a_cell_that_holds_itself_ends(matlab: Path) -> None:
    with h5py.File(matlab, "r+") as file:
        loop = put(file, "loop", np.array([[h5py.Reference()]], h5py.ref_dtype), "cell")
        loop[...] = loop.ref
    paths = [row["path"] for row in inspect(matlab).to_json()["rows"]]
    assert ["loop", *["{1}"] * 24] in paths
    assert ["loop", *["{1}"] * 25] not in paths


def test_a_file_cut_short_is_said(matlab: Path) -> None:
    data = matlab.read_bytes()
    matlab.write_bytes(data[: len(data) // 2])
    with pytest.raises(FormatError, match=r"a\.mat: cannot be opened as HDF5: .*cut short"):
        inspect(matlab)
