"""What `tools/fuzz` found, each once: the error is ours, begins with the file, and says where in it."""

from __future__ import annotations

import json
import re
import struct
import time
import zipfile
from pathlib import Path
from typing import Any

import h5py
import mat_files as mat
import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec, GzipCodec

import pybn
from pybn.errors import FileError, FormatError
from pybn.formats import child
from pybn.formats.lazy import InMemory
from pybn.inspection import inspect


def refused(path: Path, name: str, words: str) -> None:
    """Read an array, or the file where it has none, and hold the error against what it should say."""
    with pytest.raises(FormatError) as caught, pybn.open(path) as file:
        np.asarray(file[name])
    assert str(caught.value).startswith(f"{path}: ")
    assert re.search(words, str(caught.value)), caught.value
    assert str(caught.value).count(str(path)) == 1


def test_a_scalar_is_an_array_and_text_keeps_the_zeros_at_its_end(tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", np.array(1 + 2j))
    with pybn.open(tmp_path / "z.npy") as file:
        assert np.asarray(file["z"]).shape == ()
        assert file["z"][()] == 1 + 2j
    kept = InMemory(np.array("a\0\0")).read(())
    assert (kept.dtype, kept.tobytes()) == (np.dtype("U3"), "a\0\0".encode("utf-32-le"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"(2, 3)", b"(2, 3 ", "the header of an .npy array is damaged"),  # which NumPy parses as Python
        (b"(2, 3)", b"(-2,3)", r"its shape is \[-2, 3\]"),
        (b"(2, 3)", b"(9, 9)", "wanted 648 bytes from byte 128 on, and the file ends at 176"),
    ],
)
def test_npy(tmp_path: Path, old: bytes, new: bytes, words: str) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((2, 3)))
    path.write_bytes(path.read_bytes().replace(old, new))
    refused(path, "a", words)
    with pytest.raises(FormatError, match=words):
        inspect(path)


def test_npz(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.zeros(9))
    data = path.read_bytes()
    path.write_bytes(data[:30] + data[200:])  # the directory tells of a place before the file
    refused(path, "x", "x: is damaged: ")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", data[data.index(b"\x93NUMPY") :][:150])
    refused(path, "x", "x: ends after 22 bytes of the array, 72 were wanted")


def store(path: Path, **how: Any) -> Path:
    x = zarr.open_group(path, mode="w").create_array("g/x", shape=(8,), dtype="f8", chunks=(8,), **how)
    x[...] = np.arange(8.0)
    return path / "g" / "x"


def patched(path: Path, at: int, new: bytes) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:at] + new + data[at + len(new) :])


def test_zarr(tmp_path: Path) -> None:
    array = store(tmp_path / "gzip.zarr", compressors=GzipCodec())
    patched(array / "c" / "0", 12, b"\xff" * 8)
    refused(tmp_path / "gzip.zarr", "g/x", "g/x: cannot be read: ")
    store(tmp_path / "summed.zarr", compressors=[BloscCodec(), Crc32cCodec()])  # longer than blosc says
    with pybn.open(tmp_path / "summed.zarr") as file:
        assert list(file["g/x"]) == list(range(8))
    array = store(tmp_path / "blosc.zarr", compressors=BloscCodec(cname="lz4"))
    patched(array / "c" / "0", 4, struct.pack("<I", 1 << 31))  # how much is in it
    refused(tmp_path / "blosc.zarr", "g/x", "g/x: cannot be read: ")
    chunk = array / "c" / "0"
    chunk.write_bytes(chunk.read_bytes()[:-9])  # past which blosc reads, at times out of memory
    refused(
        tmp_path / "blosc.zarr", "g/x", r"g/x: cannot be read: a chunk of \d+ bytes, 0, says that it has \d+$"
    )
    told = json.loads((array / "zarr.json").read_text())
    (array / "zarr.json").write_text(json.dumps(told | {"shape": [1 << 40]}))
    refused(tmp_path / "blosc.zarr", "g/x", "g/x: declares 8,796,093,022,208 bytes and stores next to none")
    (array / "zarr.json").write_text("{")
    refused(tmp_path / "blosc.zarr", "g/x", "g/x/zarr.json: ")


def with_texts(path: Path) -> int:
    """Write attributes and a dataset that are kept in a heap, and return where it starts."""
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(3)
        file["x"].attrs["axes"] = np.array(["N"], object)
        file["words"] = np.array(["a", "longer"], object)
    return path.read_bytes().index(b"GCOL")


def test_a_heap_without_an_end_is_not_read(tmp_path: Path) -> None:
    """The library goes round in it for ever."""
    path = tmp_path / "a.h5"
    patched(path, with_texts(path) + 16, bytes(16))
    before = time.monotonic()
    refused(path, "words", "words: texts or lists are kept in a heap that is damaged")
    with pybn.open(path) as file:
        assert list(file["x"][...]) == [0, 1, 2]
        assert file.axes("x") is None
    assert "x" in {row.name for row in inspect(path, deadline=10).contents.rows}
    assert time.monotonic() - before < 10


def test_the_sources_of_a_virtual_dataset_are_in_a_heap_too(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", libver="latest", userblock_size=512) as file:
        layout = h5py.VirtualLayout((3,), "i8")
        layout[:] = h5py.VirtualSource("b.h5", "x", (3,))
        file.create_virtual_dataset("v", layout)
    patched(path, path.read_bytes().index(b"GCOL") + 16, bytes(16))
    words = r"a\.h5: the sources of a virtual dataset are in a heap that is damaged \(at byte [\d,]+\)$"
    for opened in (pybn.open, lambda path: inspect(path, deadline=10)):
        with pytest.raises(FormatError, match=words):
            opened(path)


def test_a_chunk_that_is_shorter_than_its_checksum(tmp_path: Path) -> None:
    """The library reads on, from before its start to the end of memory."""
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=np.arange(64.0), chunks=(32,), fletcher32=True)
    data = path.read_bytes()
    size = data.index(struct.pack("<II", 32 * 8 + 4, 0))  # and the filters that were left out
    patched(path, size, bytes(4))
    refused(path, "x", r"x: a chunk, at byte [\d,]+, is shorter than its checksum$")


def test_the_fields_of_a_single_record_are_arrays_without_axes(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["one"] = np.array((1, 2.5), [("id", "u1"), ("z", "f4")])
    with pybn.open(tmp_path / "a.h5") as found:
        z = np.asarray(found["one"]["z"])
    assert (z.shape, z.dtype, float(z)) == ((), np.float32, 2.5)


def test_what_is_left_of_a_heap_keeps_nobody_from_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    heap = with_texts(path)
    with h5py.File(path, "r+") as file:
        size = struct.unpack_from("<Q", path.read_bytes(), heap + 8)[0]
        file["more"] = np.frombuffer(path.read_bytes()[heap : heap + size], "u1")  # a sound one, in an array
        file["shorter"] = np.frombuffer(b"GCOL\1\0\0\0" + bytes(24), "u1")
    with pybn.open(path) as file:
        assert list(file["words"]) == ["a", "longer"]
        assert file.axes("x") == ("N",)


def test_hdf5_that_cannot_be_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["g/x"] = np.arange(3)
    patched(path, path.read_bytes().index(b"HEAP") + 8, b"\xff" * 16)
    with pytest.raises(FormatError, match=r"a\.h5: /: cannot be read: "):
        inspect(path)
    refused(path, "g/x", "/: cannot be read: ")


def test_octave_text_says_once_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("# name: x\n# type: matrix\n# rows: 1\n# columns: 2\n 1 b\n\n\n")
    refused(path, "x", r"x: line 7: wanted a number, got 'b', 3 bytes on \(after line 4\)")


def test_a_listing_of_level_5_says_at_which_byte(tmp_path: Path) -> None:
    path = mat.level_5(tmp_path / "a.mat", mat.element(14, struct.pack("<II", 6, 5000) + bytes(48)))
    with pytest.raises(FormatError, match=r"a\.mat: .*\(at byte 1\d\d\)$"):
        inspect(path)


def unreadable(path: str) -> None:
    """A parser that finds a file gone."""
    raise FileError(f"{path}: cannot be read: it was unplugged")


def test_an_error_of_the_system_stays_one_from_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"x")
    monkeypatch.syspath_prepend(Path(__file__).parent)
    with pytest.raises(FileError, match=r"a\.bin: cannot be read: it was unplugged$"):
        child.call("test_damaged_files:unreadable", str(path), deadline=20, memory=4 << 30)
