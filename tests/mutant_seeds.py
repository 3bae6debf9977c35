"""Whole files of each format, a few KB each with a value of every kind, to be damaged by `mutants`."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import safetensors.numpy
import scipy.io
import scipy.sparse

from pybn.engines.octave.session import find_octave
from pybn.errors import OctaveMissing
from pybn.formats.fixture import Record, write_fixture
from tests.mat_files import (
    char,
    element,
    everything,
    handles,
    level_4,
    level_5,
    matrix,
    modern,
    object_data,
    with_objects,
)
from tests.v73 import Refs, classed, fields, numbers, put, sparse, text, v73

HERE = Path(__file__).resolve().parent
BY_OCTAVE = ("v4", "v6", "v7", "txt", "bin", "hdf5")


def by_octave(folder: Path) -> dict[str, Path]:
    """Let Octave save the same values in each of its formats, once; none where there is no Octave."""
    files = {ending: folder / f"saved.{ending}" for ending in BY_OCTAVE}
    if not files["hdf5"].exists():
        try:
            command = [find_octave(), "--quiet", "--norc", str(HERE / "mutant_seeds.m")]
        except OctaveMissing:
            return {}
        subprocess.run(
            command,
            env={**os.environ, "PYBN_FOLDER": str(folder)},
            check=True,
            capture_output=True,
            timeout=120,
        )
        _undated(files["txt"], rb"# Created by Octave[^\n]*", b"# Created by Octave 7.3.0")
        for version in ("v6", "v7"):
            _undated(files[version], rb"^MATLAB 5.0 MAT-file.{97}", b"MATLAB 5.0 MAT-file".ljust(116))
    return files


def _undated(path: Path, pattern: bytes, by: bytes) -> None:
    path.write_bytes(re.sub(pattern, by, path.read_bytes(), count=1, flags=re.DOTALL))


def mat_4(folder: Path) -> list[Path]:
    """Every class and both orders of bytes; Octave's own."""
    parts = [("x", 0, (2, 2), [1, 2, 3, 4], "f8"), ("z", 30, (1, 1), [1, 2], "i2")]
    parts += [
        ("t", 51, (1, 3), [97] * 3, "u1"),
        ("s", 10, (2, 3), range(6), "f4"),
        ("sp", 2, (3, 3), [1, 2, 3], "f8"),
    ]
    sp = level_4("sp", 2, (3, 3), [1, 2, 3, 1, 3, 4, 5.5, 6.5, 0], "f8")
    own, big = folder / "own.v4", folder / "big.v4"
    own.write_bytes(b"".join(level_4(*part, imaginary=part[0] == "z") for part in parts[:4]) + sp)
    big.write_bytes(b"".join(level_4(n, m + 1000, *more, imaginary=n == "z") for n, m, *more in parts[:4]))
    return [own, big]


def mat_5(folder: Path, packed: bool) -> list[Path]:
    """Every class; nested values by SciPy."""
    whole = everything()
    own, by_scipy = (folder / f"{name}.v{6 + packed}" for name in ("own", "scipy"))
    level_5(own, *(element(15, zlib.compress(part)) for part in whole) if packed else whole)
    values = {
        "x": np.arange(24.0).reshape(2, 3, 4),
        "z": np.array([[1 + 2j]]),
        "c": np.array([["a", np.zeros((2, 2))]], object),
        "one": {"w": np.ones((2, 3)), "inner": {"b": np.int8([[7]])}},
        "sp": scipy.sparse.csc_array(np.array([[0.0, 2], [3, 0]])),
        "flag": np.array([[True, False]]),
        "large": np.arange(3000, dtype=np.int16).reshape(50, 60),
    }
    scipy.io.savemat(by_scipy, values, do_compression=packed)
    _undated(by_scipy, rb"^MATLAB 5.0 MAT-file.{97}", b"MATLAB 5.0 MAT-file".ljust(116))
    if packed:  # one that is inflated as it is read
        large = folder / "large.v7"
        ramp = np.arange(40_000).reshape(200, 200)
        scipy.io.savemat(
            large, {"z": ramp + 1j, "i": ramp.astype(np.int32), "n": ramp * 1.0}, do_compression=True
        )
        _undated(large, rb"^MATLAB 5.0 MAT-file.{97}", b"MATLAB 5.0 MAT-file".ljust(116))
        return [own, by_scipy, large]
    return [own, by_scipy]


def objects(folder: Path, version: str) -> list[Path]:
    """Objects: what mat-io writes, and for v6 and v7 a table of them word by word."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import matio
        import pandas as pd
        from matio.utils.matclass import MatlabContainerMap, MatlabOpaque, MatlabOpaqueArray

    strings = np.array([["ab", "ü"]], dtype=np.dtypes.StringDType(na_object=np.nan))
    layers = np.empty(2, object)
    layers[:] = [
        MatlabOpaque({"Name": "conv", "W": np.zeros((2, 2))}, "Conv"),
        MatlabOpaque({"Name": "relu"}, "ReLU"),
    ]
    values = {
        "s": strings,
        "map": MatlabContainerMap({"a": np.array([[1.0]]), "b": "text"}),
        "t": pd.DataFrame({"Age": [1.0, 2.0], "Kind": pd.Categorical(["u", "v"])}, index=["r1", "r2"]),
        "when": np.array([["2024-02-29", "NaT"]], "datetime64[ms]"),
        "span": np.array([[90_061_001, -1500]], "timedelta64[ms]"),
        "layers": MatlabOpaqueArray(layers.reshape((2, 1)), "Layer"),
        "net": MatlabOpaque({"labels": strings}, "Net"),
    }
    path = folder / f"objects.{version}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        level = "v7.3" if version == "v7.3" else "v7"
        matio.save_to_mat(path, values, version=level, do_compression=version == "v7")
    if version == "v7.3":
        return [path]
    _undated(path, rb"^MATLAB 5.0 MAT-file.{97}", b"MATLAB 5.0 MAT-file".ljust(116))
    held = object_data(
        ["my.Outer", "Inner"],
        [(1, [("a", 1, 0), ("b", 1, 1)]), (2, [("c", 1, 2)])],
        [matrix([1, 2], (1, 2)), handles([2], 2), char("text")],
        defaults=[matrix([], (0, 0))] * 3,
    )
    word_by_word = folder / f"words.{version}"
    return [path, with_objects(word_by_word, modern("o", "my.Outer", handles([1], 1)), data=held)]


def mat_73(folder: Path) -> list[Path]:
    """Everything that MATLAB keeps in HDF5: numbers, text, cells, structs, sparse, compressed chunks."""
    path, x = folder / "own.v73", np.arange(6.0).reshape(2, 3)
    with v73(path) as file:
        refs = Refs(file)
        nothing = put(*refs.next(), np.zeros(2, np.uint64), "canonical empty", {"MATLAB_empty": np.uint8(1)})
        held, word = numbers(*refs.next(), x), text(*refs.next(), "wörd")
        inner = refs.cell(*refs.next(), [word, nothing], (1, 2))
        numbers(file, "x", np.arange(24, dtype=np.float32).reshape(2, 3, 4))
        numbers(file, "z", np.array([[1 + 2j, 3]], np.complex64))
        numbers(file, "i", np.array([[2**62, -1]], np.int64))
        numbers(file, "flag", np.array([[True, False]]))
        numbers(file, "none", np.zeros((0, 3)))
        text(file, "rows", ["abc", "déf"])
        numbers(
            file, "packed", np.arange(400.0).reshape(20, 20), chunks=(7, 20), compression="gzip", shuffle=True
        )
        numbers(file, "checked", np.arange(64, dtype=np.int16).reshape(8, 8), chunks=(4, 4), fletcher32=True)
        refs.cell(file, "c", [held, word, nothing, inner, None, held], (2, 3))
        s = fields(classed(file.create_group("s"), "struct"), "z", "a", "in")
        numbers(s, "a", np.ones((1, 1)))
        refs.cell(s, "z", [word], (1, 1))
        numbers(fields(classed(s.create_group("in"), "struct"), "q"), "q", np.array([[True]]))
        many = fields(classed(file.create_group("many"), "struct"), "v", "k")
        refs.array(many, "k", [held, word, nothing], (1, 3))
        refs.array(many, "v", [inner, held, word], (1, 3))
        sparse(file, "sp", 4, [0, 1, 1, 3], [2, 0, 3], np.array([1.5, -2, np.nan]))
        handle = classed(file.create_group("handle"), "function_handle", MATLAB_object_decode=np.int32(1))
        text(handle, "function", "sin")
    return [path]


def hdf5(path: Path, **options: Any) -> Path:
    """Plain HDF5: groups, links, text, a table, chunks; scales as netCDF has them."""
    with h5py.File(path, "w", **options) as file:
        file["g/x"] = np.arange(6.0).reshape(2, 3)
        file["g/x"].attrs["axes"] = "H W"
        file["g/i"] = np.arange(3, dtype=">i2")
        file.create_dataset("chunked", data=np.arange(100), chunks=(10,), compression="gzip", fletcher32=True)
        file.create_dataset("grown", data=np.zeros((4, 5)), chunks=(2, 2), maxshape=(None, 5))
        file["words"], file["fixed"] = np.array(["a", "longer"], object), np.array([b"abc", b"de"])
        file["flag"], file["null"] = np.array([[True], [False]]), h5py.Empty("f4")
        table = np.zeros(2, [("id", "u1"), ("at", "f8", (2, 2)), ("name", "S3"), ("z", ">f4")])
        file["table"], file["c"] = table, np.array([1 + 2j], np.complex64)
        file["colour"] = np.array([0, 2], h5py.enum_dtype({"RED": 0, "BLUE": 2}, "u1"))
        file["g/again"], file["soft"] = file["g"], h5py.SoftLink("/g/x")
    return path


def leading_out(path: Path) -> Path:
    """Links into other files, and values in them, none of which may be followed."""
    with h5py.File(path, "w", libver="latest") as file:
        file["x"], file["out"] = np.arange(3), h5py.ExternalLink("/etc/passwd", "/")
        layout = h5py.VirtualLayout((3,), "i8")
        layout[:] = h5py.VirtualSource("/etc/passwd", "x", (3,))
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("stored", (4,), "u1", external=[("/etc/passwd", 0, 4)])
    return path


def netcdf_4(path: Path) -> Path:
    """Dimensions that are scales."""
    with h5py.File(path, "w", track_order=True) as file:
        file.attrs["_NCProperties"] = np.bytes_("version=2,netcdf=4.9.2,hdf5=1.14.0")
        for number, (name, size) in enumerate({"time": 4, "band": 3}.items()):
            file[name] = np.arange(size, dtype=">f4")
            file[name].make_scale(name)
            file[name].attrs["_Netcdf4Dimid"] = np.int32(number)
        file.create_dataset("t", data=np.zeros((4, 3), np.float32), fillvalue=9.96921e36)
        for axis, name in enumerate(("time", "band")):
            file["t"].dims[axis].attach_scale(file[name])
        file["labels"] = np.zeros((2, 3))
        file["labels"].dims[0].label, file["labels"].dims[1].label = "time", "channel"
    return path


def fixture(path: Path) -> Path:
    """One of our own fixtures."""
    values = {"x": np.zeros((2, 3))}, {"y": np.zeros(())}
    write_fixture(path, [Record("case", "d", {}, {"octave": "7.3.0"}, *values, axes={"x": "H W"})])
    return path


def octave_text_gz(folder: Path) -> list[Path]:
    """Octave's text, packed, without a date."""
    if not by_octave(folder):
        return []
    path = folder / "saved.txt.gz"
    path.write_bytes(gzip.compress(by_octave(folder)["txt"].read_bytes(), mtime=0))
    return [path]


def npy(folder: Path) -> list[Path]:
    """Arrays of both orders, text, dates that are no numbers."""
    arrays = {
        "c": np.arange(24.0).reshape(2, 3, 4),
        "f": np.asfortranarray(np.arange(6, dtype=">i4").reshape(2, 3)),
        "z": np.array(1 + 2j, np.complex64),
        "u": np.array(["a", "bé"]),
    }
    for name, x in arrays.items():
        np.save(folder / f"{name}.npy", x)
    return [folder / f"{name}.npy" for name in arrays]


def npz(folder: Path) -> list[Path]:
    """Stored and packed."""
    arrays = {"x": np.arange(24.0).reshape(2, 3, 4), "i/b": np.array([True]), "t": np.array("text")}
    arrays["f"] = np.asfortranarray(np.arange(200, dtype="f4").reshape(10, 20))
    np.savez(folder / "stored.npz", **arrays)
    np.savez_compressed(folder / "packed.npz", **arrays)
    return [folder / "stored.npz", folder / "packed.npz"]


def safe(folder: Path) -> list[Path]:
    """Tensors of several dtypes and what is told of them."""
    arrays = {"x": np.arange(24.0).reshape(2, 3, 4), "h": np.zeros(3, np.float16), "b": np.array([[True]])}
    arrays |= {"i": np.array(3), "none": np.zeros((0, 2), np.float32)}
    safetensors.numpy.save_file(arrays, folder / "a.safetensors", {"format": "pt", "by": "a test"})
    return [folder / "a.safetensors"]


def stores(folder: Path) -> list[Path]:
    """zarr v3 with shards, v3 with plain chunks in groups, and v2."""
    import zarr
    from zarr.codecs import BloscCodec, GzipCodec, ZstdCodec

    x = np.arange(96, dtype=np.float32).reshape(8, 4, 3)
    root = zarr.open_group(folder / "v3.zarr", mode="w", zarr_format=3, attributes={"by": "a test"})
    for name, codec in {"zstd": ZstdCodec(), "gzip": GzipCodec(), "blosc": BloscCodec(cname="lz4")}.items():
        each = root.create_array(
            name,
            shape=x.shape,
            dtype=x.dtype,
            chunks=(2, 4, 3),
            compressors=codec,
            dimension_names=["n", "h", "w"],
        )
        each[...] = x
    shards = root.create_array(
        "g/shards", shape=x.shape, dtype=x.dtype, chunks=(2, 2, 3), shards=(4, 4, 3), compressors=ZstdCodec()
    )
    shards[...] = x
    plain = root.create_array("g/plain", shape=(5,), dtype="<i8", chunks=(5,), compressors=None)
    plain[...] = np.arange(5)
    old = zarr.open_group(folder / "v2.zarr", mode="w", zarr_format=2)
    second = old.create_array("x", shape=x.shape, dtype=x.dtype, chunks=(4, 4, 3))
    second[...] = x
    return [folder / "v3.zarr", folder / "v2.zarr"]


Seeds = Callable[[Path], list[Path]]


def _saved(ending: str, *more: Seeds) -> Seeds:
    return lambda folder: [*(path for seeds in more for path in seeds(folder)), *_one(folder, ending)]


def _one(folder: Path, ending: str) -> list[Path]:
    return [path] if (path := by_octave(folder).get(ending)) else []


SEEDS: dict[str, Seeds] = {
    "mat-v4": _saved("v4", mat_4),
    "mat-v6": _saved("v6", lambda folder: mat_5(folder, packed=False)),
    "mat-v7": _saved("v7", lambda folder: mat_5(folder, packed=True)),
    "mat-v7.3": mat_73,
    "objects-v6": lambda folder: objects(folder, "v6"),
    "objects-v7": lambda folder: objects(folder, "v7"),
    "objects-v7.3": lambda folder: objects(folder, "v7.3"),
    "octave-text": _saved("txt"),
    "octave-text-gz": octave_text_gz,
    "octave-binary": _saved("bin"),
    "octave-hdf5": _saved("hdf5"),
    "hdf5": lambda folder: [hdf5(folder / "a.h5"), fixture(folder / "fixture.h5")],
    "hdf5-latest": lambda folder: [
        hdf5(folder / "latest.h5", libver="latest"),
        leading_out(folder / "out.h5"),
    ],
    "netcdf-4": lambda folder: [netcdf_4(folder / "a.nc")],
    "npy": npy,
    "npz": npz,
    "safetensors": safe,
    "zarr": stores,
}
NEED_OCTAVE = frozenset({"octave-text", "octave-text-gz", "octave-binary", "octave-hdf5"})
