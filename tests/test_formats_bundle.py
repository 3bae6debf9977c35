"""Bundles: what is written comes back to the last bit, and a damaged one is an error or its values, never others."""

# ruff: noqa: E501  -- a table of changes is read by its columns
from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pybn.errors import DTypeError, FileError, FormatError
from pybn.formats import bundle

TEXT = json.dumps({"a": "é \U0001f600", "n": [1, 2.5, None]}) + "\0 \n"


def arrays() -> dict[str, Any]:
    draw = np.random.default_rng(0).standard_normal
    return {
        "conv1.weight": np.asfortranarray(draw((4, 3, 2, 2))),
        "conv1.weight/velocity": draw((4, 3, 2, 2)).astype("float32")[::-1],
        "odd": np.array([np.nan, -0.0, np.inf, 5e-324]),
        "scalar": np.array(-2.5),
        "empty": np.zeros((0, 3), "float32"),
        "counts": np.arange(5, dtype=np.uint32),
        "big endian": np.arange(3, dtype=">i8"),
        "true": np.array([[True, False]]),
        "half": np.ones(3, np.float16),
        ".": np.ones(1),
        "..": np.ones(2),
        "/": np.ones(3),
        "ü %2F": np.ones(4),
    }


def same(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return list(found) == list(wanted) and all(
        (a := found[name]).shape == b.shape
        and a.dtype == b.dtype.newbyteorder("=")
        and a.tobytes() == b.astype(b.dtype.newbyteorder("=")).tobytes()
        for name, b in wanted.items()
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    bundle.write(tmp_path / "some.h5", arrays(), TEXT)
    return tmp_path / "some.h5"


def test_round_trip(path: Path) -> None:
    found, text = bundle.read(path)
    assert text == TEXT
    assert same(found, arrays())
    assert all(x.flags.c_contiguous and x.flags.writeable and x.dtype.isnative for x in found.values())
    assert bundle.is_hdf5(path)
    bundle.write(path, found, text)
    assert same(bundle.read(str(path))[0], arrays())
    assert list(path.parent.iterdir()) == [path]


def test_nothing_in_it(tmp_path: Path) -> None:
    bundle.write(tmp_path / "a", {}, "")
    assert bundle.read(tmp_path / "a") == ({}, "")


def test_arrays_larger_than_a_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "_CHUNK", 100)
    wanted = {"long": np.arange(1001.0), "wide": np.ones((3, 50)), "scalar": np.array(1.0)}
    bundle.write(tmp_path / "a", wanted, "text")
    with h5py.File(tmp_path / "a") as file:
        assert file["arrays/long"].chunks == (12,)
        assert file["arrays/wide"].chunks == (1, 50)
    assert same(bundle.read(tmp_path / "a")[0], wanted)


@pytest.mark.parametrize(
    "value", [np.array(["a"]), np.array([1j]), np.array([None]), np.zeros(2, "M8[s]"), [1.0], 3.0]
)
def test_what_no_bundle_holds(tmp_path: Path, value: Any) -> None:
    with pytest.raises(DTypeError, match="x: wanted an array of numbers or truth values"):
        bundle.write(tmp_path / "a", {"x": value}, "")
    assert not list(tmp_path.iterdir())


def test_an_empty_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="wanted a name"):
        bundle.write(tmp_path / "a", {"": np.ones(1)}, "")


def test_what_cannot_be_read_or_written(path: Path, tmp_path: Path) -> None:
    for where in (tmp_path / "nothing", tmp_path):
        with pytest.raises(FileError):
            bundle.read(where)
        with pytest.raises(FileError):
            bundle.is_hdf5(where)
    with pytest.raises(FileError, match="there is no folder"):
        bundle.write(tmp_path / "no" / "a", {}, "")
    (tmp_path / "text").write_text("something else")
    with pytest.raises(FormatError, match="is damaged, or no bundle"):
        bundle.read(tmp_path / "text")
    assert not bundle.is_hdf5(tmp_path / "text")


def test_a_full_disk_leaves_the_old_file(tiny_disk: Path) -> None:
    bundle.write(tiny_disk / "a", {"x": np.ones(10)}, "old")
    with pytest.raises(FileError, match="the disk is full"):
        bundle.write(tiny_disk / "a", {"x": np.ones(100_000)}, "new")
    assert bundle.read(tiny_disk / "a")[1] == "old"


def other_value(file: h5py.File) -> None:
    file["arrays/odd"][1] = 1.0


def other_version(file: h5py.File) -> None:
    file.attrs["pybn_bundle"] = 2


def no_version(file: h5py.File) -> None:
    del file.attrs["pybn_bundle"]


def no_digest(file: h5py.File) -> None:
    del file.attrs["sha256"]


def digest_of_integers(file: h5py.File) -> None:
    file.attrs["sha256"] = 5


def other_text(file: h5py.File) -> None:
    file["text"][2] = 65


def text_that_is_none(file: h5py.File) -> None:
    file["text"][2] = 255


def other_name(file: h5py.File) -> None:
    file["arrays"].move("odd", "even")


def lost(file: h5py.File) -> None:
    del file["arrays/odd"]


def soft_link(file: h5py.File) -> None:
    del file["arrays/odd"]
    file["arrays/odd"] = h5py.SoftLink("/arrays/scalar")


def outside(file: h5py.File) -> None:
    del file["arrays/odd"]
    file["arrays/odd"] = h5py.ExternalLink("/etc/passwd", "/")


def group(file: h5py.File) -> None:
    del file["arrays/odd"]
    file["arrays"].create_group("odd")


def no_group(file: h5py.File) -> None:
    del file["arrays"]
    file["arrays"] = np.ones(3)


def texts(file: h5py.File) -> None:
    del file["arrays/odd"]
    file["arrays/odd"] = ["some", "text"]


def enormous(file: h5py.File) -> None:
    file["arrays"].create_dataset("enormous", (1 << 40,), "f8", chunks=(1 << 20,))


def enormous_and_compressed(file: h5py.File) -> None:
    file["arrays"].create_dataset("zeros", data=np.zeros(1 << 20), compression="gzip", chunks=(1 << 20,))


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((3,), "f8")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (3,))
    file["arrays"].create_virtual_dataset("virtual", layout)


def external(file: h5py.File) -> None:
    file["arrays"].create_dataset("external", (3,), "f8", external=[("/etc/passwd", 0, 24)])


@pytest.mark.parametrize(
    "change",
    [
        other_value, other_version, no_version, no_digest, digest_of_integers, other_text, text_that_is_none, other_name,
        lost, soft_link, outside, group, no_group, texts, enormous, enormous_and_compressed, virtual, external,
    ],
)  # fmt: skip
def test_what_somebody_changed(path: Path, change: Any) -> None:
    with h5py.File(path, "r+") as file:
        change(file)
    stored = change in (texts, enormous, enormous_and_compressed, virtual, external)
    with pytest.raises(FormatError, match=r"some\.h5: .*stored in this file" if stored else r"some\.h5: "):
        bundle.read(path)


def test_truncated(path: Path, tmp_path: Path) -> None:
    whole = path.read_bytes()
    for length in [*range(0, len(whole) - 1, 97), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(FormatError):
            bundle.read(path)


FLIP = """
import pathlib, random, sys
from pybn.errors import FormatError
from pybn.formats import bundle
path, seed, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
whole, draw = path.read_bytes(), random.Random(seed)
arrays, text = bundle.read(path)
told = {name: (x.shape, x.dtype, x.tobytes()) for name, x in arrays.items()}
refused = 0
for _ in range(count):
    damaged = bytearray(whole)
    for _ in range(draw.choice([1, 1, 1, 2, 9])):
        damaged[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
    path.write_bytes(damaged)
    try:
        found, words = bundle.read(path)
    except FormatError:
        refused += 1
        continue
    assert words == text and list(found) == list(told)
    assert {name: (x.shape, x.dtype, x.tobytes()) for name, x in found.items()} == told
print(refused)
"""


def test_flipped_bits(path: Path) -> None:
    """In a process of its own, which could crash or hang: it does neither, and nothing wrong is read."""
    command = [sys.executable, "-c", FLIP, str(path), str(random.randrange(1 << 30)), "500"]
    child = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert child.returncode == 0, (command, child.stderr[-2000:])
    assert int(child.stdout) > 250
