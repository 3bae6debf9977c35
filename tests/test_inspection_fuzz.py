"""Damaged files: whatever was changed in them, a listing or one clear error, within the limits.

Some 400 files by default; PYBN_FUZZ=10000 asks for that many. Every file has its own parser process, forked from one
that has the modules loaded, and goes through the same child and parent code as in `inspect`.
"""

from __future__ import annotations

import json
import os
import random
import struct
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse

from pybn.errors import FileError, FormatError
from pybn.formats.child import verdict
from pybn.formats.contents import decode
from pybn.formats.fixture import Record, write_fixture
from pybn.formats.sniff import sniff
from pybn.inspection import Listing

FILES = int(os.environ.get("PYBN_FUZZ", "420"))
DEADLINE, MEMORY = 3, 1 << 30

# Reads lines of "target<TAB>path"; answers each with the exit status and the length of an answer, then the answer.
SERVER = """
import os, sys
import pybn.formats.hdf5, pybn.formats.mat
from pybn.formats.child import confine, reply
for line in sys.stdin:
    target, path = line.rstrip("\\n").split("\\t")
    reader, writer = os.pipe()
    if not (pid := os.fork()):
        confine(int(sys.argv[1]), int(sys.argv[2]))
        with os.fdopen(writer, "wb") as out:
            out.write(reply(target, path))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answers:
        answer = answers.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    sys.stdout.buffer.write(b"%d %d\\n" % (status, len(answer)) + answer)
    sys.stdout.buffer.flush()
"""


@pytest.fixture(scope="module")
def parse() -> Iterator[Callable[[str], Listing]]:
    """`inspect` without the time that a new Python takes to start."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(DEADLINE), str(MEMORY)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert server.stdin is not None
    assert server.stdout is not None

    def call(path: str) -> Listing:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(f"pybn.formats.{sniff(path)}:contents\t{path}\n".encode())
        server.stdin.flush()
        status, length = map(int, server.stdout.readline().split())
        answer = server.stdout.read(length)
        return Listing(path, decode(path, verdict(path, status, answer, deadline=DEADLINE, memory=MEMORY)))

    with server:
        yield call
        server.stdin.close()
        assert server.wait(10) == 0


# --- files to damage

PLAIN = {
    "x": np.arange(24.0).reshape(2, 3, 4),
    "s": np.float32([[1, 2]]),
    "n": np.int16([[1], [2]]),
    "z": np.array([[1 + 2j]]),
    "t": "text",
}
NESTED = {
    "c": np.array([["a", np.zeros((2, 2))]], object),
    "one": {"w": np.ones((2, 3)), "inner": {"b": np.int8([[7]])}},
    "sp": scipy.sparse.csc_array(np.array([[0.0, 2], [3, 0]])),
    "flag": np.array([[True, False]]),
}


def hdf5(path: Path, **options: object) -> None:
    with h5py.File(path, "w", **options) as file:
        file["g/x"] = np.arange(6.0).reshape(2, 3)
        file["g/x"].attrs["axes"] = "H W"
        file["g/x"].dims[0].label = "rows"
        file.create_dataset("chunked", data=np.arange(100), chunks=(10,), compression="gzip", fletcher32=True)
        file["text"] = np.array(["a", "bb"], object)
        file["g/again"] = file["g"]
        file["soft"] = h5py.SoftLink("/g/x")
        file["out"] = h5py.ExternalLink("/etc/passwd", "/")


def octave(path: Path) -> None:
    with h5py.File(path, "w") as file:
        for name, kind, value in (
            ("m", "matrix", np.zeros((2, 3))),
            ("i", "int8 matrix", np.zeros((1, 3), "i1")),
        ):
            group = file.create_group(name)
            group.attrs["OCTAVE_NEW_FORMAT"] = np.uint8(1)
            group["type"], group["value"] = np.bytes_(kind), value
        file.copy("m", "c")
        del file["c/value"], file["c/type"]
        file["c/type"] = np.bytes_("cell")
        file["c/value/dims"] = np.array([1, 2])
        for slot in ("_0", "_1"):
            file.copy("m", f"c/value/{slot}")


def matlab73(path: Path) -> None:
    with h5py.File(path, "w", userblock_size=512) as file:
        text = file.create_dataset("#refs#/a", data=np.zeros((4, 1), np.uint16))
        cell = file.create_dataset("cell", data=np.array([[text.ref, text.ref]], h5py.ref_dtype))
        many = file.create_group("many")
        many["v"] = np.array([[text.ref], [cell.ref]], h5py.ref_dtype)
        file["sparse/data"], file["sparse/jc"] = np.zeros(2), np.zeros(4, np.uint64)
        file["sparse"].attrs["MATLAB_sparse"] = np.uint64(3)
        file["none"] = np.array([0, 3], np.uint64)
        file["none"].attrs["MATLAB_empty"] = np.uint8(1)
        classes = {"#refs#/a": "char", "cell": "cell", "many": "struct", "sparse": "double", "none": "double"}
        for name, class_ in classes.items():
            file[name].attrs["MATLAB_class"] = np.bytes_(class_)
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM")


def fixture(path: Path) -> None:
    record = Record(
        "case", "d", {}, {"octave": "7.3.0"}, {"x": np.zeros((2, 3))}, {"y": np.zeros(())}, axes={"x": "H W"}
    )
    write_fixture(path, [record])


SEEDS: dict[str, Callable[[Path], None]] = {
    "v4": lambda path: scipy.io.savemat(path, PLAIN | {"x": np.ones((2, 3))}, format="4", oned_as="row"),
    "v6": lambda path: scipy.io.savemat(path, PLAIN | NESTED),
    "v7": lambda path: scipy.io.savemat(path, PLAIN | NESTED, do_compression=True),
    "hdf5": hdf5,
    "latest": lambda path: hdf5(path, libver="latest"),
    "v7.3": matlab73,
    "octave": octave,
    "fixture": fixture,
}


# --- damage

NASTY = [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF0, 0x10000, 14, 15]


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def flip(data: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        damaged[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def header(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(min(len(data), 512))
    return data[:at] + chance.randbytes(chance.randint(1, 8)) + data[at + 8 :]


def word(data: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(0, len(data) - 4, 4)
        value = chance.choice([*NASTY, chance.getrandbits(32)])
        damaged[at : at + 4] = struct.pack("<I", value)
    return bytes(damaged)


def move(data: bytes, chance: random.Random) -> bytes:
    at, to, size = chance.randrange(len(data)), chance.randrange(len(data)), chance.randint(1, 64)
    return data[:to] + data[at : at + size] + data[to:]


def inside(data: bytes, chance: random.Random) -> bytes:
    """Damage what a v7 file holds compressed, so that the compression itself is right."""
    out, at = data[:128], 128
    while at + 8 <= len(data):
        kind, size = struct.unpack("<II", data[at : at + 8])
        packed = data[at + 8 : at + 8 + size]
        if kind == 15:
            packed = zlib.compress(chance.choice([flip, word, cut, move])(zlib.decompress(packed), chance))
        out += struct.pack("<II", kind, len(packed)) + packed
        at += 8 + size
    return out


@pytest.mark.parametrize("seed", SEEDS)
def test_no_damage_does_more_than_one_error(
    tmp_path: Path, seed: str, parse: Callable[[str], Listing], record_property: Callable[[str, object], None]
) -> None:
    path = tmp_path / f"{seed}.bin"
    SEEDS[seed](path)
    whole = path.read_bytes()
    assert parse(str(path)).contents.rows
    chance = random.Random(f"damage to {seed}")
    kinds = [cut, flip, header, word, move] + [inside] * (4 if seed == "v7" else 0)
    outcomes: Counter[str] = Counter()
    for _ in range(max(1, FILES // len(SEEDS))):
        path.write_bytes(chance.choice(kinds)(whole, chance))
        outcomes[outcome(path, parse)] += 1
    record_property("outcomes", dict(outcomes))
    print(seed, dict(outcomes))
    assert outcomes["refused"]


def outcome(path: Path, parse: Callable[[str], Listing]) -> str:
    """Say what came of a file. Any other error than the two that are promised goes through, and fails the test."""
    try:
        listing = parse(str(path))
    except (FormatError, FileError) as error:
        words = str(error)
        if not words.startswith(f"{path}: "):
            raise
        return next(
            (end for end in ("crashed", "took longer", "memory", "no sense") if end in words), "refused"
        )
    assert all(line.isprintable() for line in listing.to_text(None).splitlines())
    json.dumps(listing.to_json())
    return "listed"
