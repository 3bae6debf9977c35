"""Damaged and hostile .mat files before HDF5: one kind of error, which says where; no memory on a file's word."""

from __future__ import annotations

import random
import struct
import tracemalloc
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import mat_files as mat
import numpy as np
import pytest
import scipy.sparse
from mat_files import array, doubles, element, everything, level_4, level_5, names, numbers, small, sparse

import pybn
from pybn.errors import FileError, FormatError
from pybn.formats import inflate
from pybn.formats.lazy import LazyArray

WORD = 1 << 30  # what a few bytes may say that there are


def nested(levels: int) -> bytes:
    cell = array(mat.DOUBLE, (1, 1), "", doubles(1))
    for _ in range(levels - 1):
        cell = array(mat.CELL, (1, 1), "", cell)
    return array(mat.CELL, (1, 1), "x", cell)


BROKEN = {
    "short": (array(mat.DOUBLE, (2, 4), "x", doubles(6)), "it says it is 2x4, and 48 bytes are stored"),
    "dimensions": (array(mat.DOUBLE, (2, -3), "x", doubles(6)), "dimensions"),
    "class": (array(40, (2, 3), "x", doubles(6)), "class number 40"),
    "type": (array(mat.DOUBLE, (2, 3), "x", element(8, bytes(48))), "stored as the type 8"),
    "tag": (array(mat.DOUBLE, (2, 3), "x", struct.pack("<II", 9, 5000)), "longer than the variable"),
    "small": (array(mat.DOUBLE, (2, 3), "x", struct.pack("<II", 5 << 16 | 9, 0)), "no type that there is"),
    "complex": (array(mat.DOUBLE, (2, 3), "x", doubles(6), flags=mat.COMPLEX), "byte|ends in the middle"),
    "logical": (array(9, (1, 1), "x", *[element(2, b"a")] * 2, flags=mat.COMPLEX | mat.LOGICAL), "imaginary"),
    "large": (array(mat.DOUBLE, (0, *[2**31 - 1] * 4), "x", doubles(0)), "more than any array can be"),
    "axes": (array(mat.DOUBLE, (0, *[1] * 70), "x", doubles(0)), "more than any array can be"),
    "member": (array(mat.CELL, (1, 1), "x", doubles(1)), "should be an array"),
    "members": (array(mat.CELL, (1, WORD), "x", element(14, b"")), "holds 1,073,741,824 arrays"),
    "structs": (
        array(mat.STRUCT, (1, WORD), "x", names(4, "a"), element(14, b"")),
        "holds 1,073,741,824 arrays",
    ),
    "fields": (array(mat.STRUCT, (1, 1), "x", small(5, bytes(4)), element(1, b"abc")), "field names"),
    "twice": (array(mat.STRUCT, (1, 1), "x", names(4, "a", "a"), *[element(14, b"")] * 2), "several fields"),
    "nothing": (array(mat.STRUCT, (WORD, 1), "x", small(5, b"\1"), element(1, b"")), "holds 1,073,741,824"),
    "deep": (nested(150), "nested deeper than 100"),
    "rows": (array(mat.CHAR, (WORD, 0), "x", element(4, b"")), "1,073,741,824 rows without characters"),
    "text": (array(mat.CHAR, (1, 7), "x", element(16, b"abc")), "3 characters do not fill a char array"),
    "half": (array(mat.CHAR, (1, 2), "x", element(4, b"abc")), "text is stored as 3 bytes of the type 4"),
    "letters": (array(mat.CHAR, (1, 1), "x", element(18, b"\xff" * 4)), "text holds what is no character"),
    "codes": (array(mat.CHAR, (1, 1), "x", doubles(1)), "text is stored as 8 bytes of the type 9"),
    "columns": (sparse([0, 1, 2], [0, 1, 3]), "3x3 starts 3 columns"),
    "count": (sparse([0, 1, 2], [0, 1, 2, 4]), "lacks some of its 4 nonzeros"),
    "values": (sparse([0, 1, 2], [0, 1, 2, 3], 2), "lacks some of its 3 nonzeros"),
    "row": (sparse([0, 1, 3], [0, 1, 2, 3]), "where it has no rows or columns"),
    "before": (sparse([0, -1, 2], [0, 1, 2, 3]), "where it has no rows or columns"),
    "backwards": (sparse([0, 1, 2], [0, 2, 1, 3]), "where it has no rows or columns"),
    "back": (sparse([0, 1, 2], [0, 1, 2, 0]), "where it has no rows or columns"),
    "started": (sparse([0, 1, 2], [1, 1, 2, 3]), "where it has no rows or columns"),
    "cube": (sparse([0, 1, 2], [0, 1, 2, 3], 3, (3, 3, 1)), "sparse matrix of 3x3x1"),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("what", BROKEN)
def test_damage_is_one_error_and_says_where(tmp_path: Path, what: str, packed: bool) -> None:
    broken, words = BROKEN[what]
    whole = array(mat.DOUBLE, (1, 1), "first", doubles(1))
    path = level_5(tmp_path / "a.mat", whole, element(15, zlib.compress(broken)) if packed else broken)
    tracemalloc.start()
    with pytest.raises(FormatError, match=words) as caught:
        np.asarray(pybn.open(path)["x"])
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()
    assert str(caught.value).startswith(f"{path}: ")
    assert "at byte " in str(caught.value)


FLAT = numbers(np.random.default_rng(0).integers(0, 9, 20_000), "f8")
WHOLE = array(mat.DOUBLE, (100, 200), "x", FLAT)


@pytest.mark.parametrize("igzip", [None, inflate.igzip])
def test_what_is_compressed_is_checked_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, igzip: Any
) -> None:
    monkeypatch.setattr(inflate, "igzip", igzip)
    data = zlib.compress(WHOLE)
    for changed, words in (
        (data[:-1] + bytes([data[-1] ^ 1]), "damaged"),  # the checksum
        (data[:-4], "ends too early"),
        (data[: len(data) // 2], "ends too early"),
        (data[: len(data) // 2] + bytes(50) + data[len(data) // 2 :], "damaged"),
        (zlib.compress(WHOLE + b"more"), "goes on after its end"),
        (zlib.compress(WHOLE[:-8]), "ends too early"),
    ):
        path = level_5(tmp_path / "a.mat", element(15, changed))
        x = pybn.open(path)["x"]
        x[:, :3]  # what comes before is there
        with pytest.raises(FormatError, match=words) as caught:
            np.asarray(x)
        assert str(caught.value).startswith(f"{path}: x: ")
        assert "of what is compressed at byte 136" in str(caught.value)


def test_what_is_read_at_once_is_checked_too(tmp_path: Path) -> None:
    values = doubles(4000)
    x = array(mat.DOUBLE, (1, 4000), "x", values)
    for whole in (x, array(mat.CELL, (1, 1), "x", array(mat.DOUBLE, (1, 4000), "", values))):
        data = zlib.compress(whole, 0)
        file = pybn.open(level_5(tmp_path / "a.mat", element(15, data[:-1] + bytes([data[-1] ^ 1]))))
        with pytest.raises(FormatError, match=r"a\.mat: x: a compressed variable is damaged"):
            file["x"]
        file = pybn.open(level_5(tmp_path / "a.mat", element(15, zlib.compress(whole + b"more", 0))))
        with pytest.raises(FormatError, match=r"a\.mat: x: a compressed variable goes on after its end"):
            file["x"]


def test_padding_is_no_part_of_the_values(tmp_path: Path) -> None:
    odd = np.arange(100_001) % 251
    whole = array(mat.UINT8, (1, odd.size), "x", numbers(odd, "u1"))
    for data in (whole, element(15, zlib.compress(whole))):
        assert np.array_equal(pybn.open(level_5(tmp_path / "a.mat", data))["x"], [odd])


def test_an_imaginary_part_that_is_not_there(tmp_path: Path) -> None:
    shape = (100, 200)
    for rest, words in (
        (b"", "ends too early"),
        (numbers([1.0], "f8"), "it says it is 100x200, and 8 bytes"),
    ):
        broken = array(mat.DOUBLE, shape, "x", FLAT, rest, flags=mat.COMPLEX)
        x = pybn.open(level_5(tmp_path / "a.mat", element(15, zlib.compress(broken))))["x"]
        with pytest.raises(FormatError, match=rf"a\.mat: x: .*{words}"):
            np.asarray(x)


def test_what_cannot_be_of_so_few_bytes_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    head = array(mat.DOUBLE, (1 << 14, 1 << 14), "x", struct.pack("<II", 9, 8 << 28 & 0xFFFFFFFF))
    claimed = struct.pack("<II", 14, (1 << 31) + 100) + head[8:]
    path = level_5(tmp_path / "a.mat", element(15, zlib.compress(claimed)))
    with pytest.raises(FormatError, match=r"compressed bytes cannot be the 2,147,483,748"):
        pybn.open(path)


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    for data in (WHOLE, element(15, zlib.compress(WHOLE))):
        path = level_5(tmp_path / "a.mat", data, array(mat.CELL, (1, 1), "c", element(14, b"")))
        file = pybn.open(path)
        x = file["x"]
        path.unlink()
        for name in file:
            with pytest.raises(FileError, match=r"a\.mat: cannot be read"):
                file[name]
        if x.sequential:
            with pytest.raises(FileError, match=r"a\.mat: cannot be read"):
                np.asarray(x)


def test_cut_short(tmp_path: Path) -> None:
    path = level_5(tmp_path / "a.mat", array(mat.DOUBLE, (1, 1), "first", doubles(1)), WHOLE)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(FormatError, match=r"the variable at byte 200 goes on past the end at .* cut short"):
        pybn.open(path)


# Level 4.


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (level_4("x", 0, (2, 3), [1, 2, 3], "f8"), "'x' goes on to byte .* cut short"),
        (b"\xff" * 24, "at byte 30 a variable should start, and does not"),
        (level_4("x", 2000, (1, 1), [1], "f8"), r"at byte 30 a variable is one of a VAX \(D-float\)"),
        (level_4("x", 4000, (1, 1), [1], "f8"), "at byte 30 a variable is one of a Cray"),
        (level_4("x", 1, (1, 1), [-1], "f8"), "it holds values, stored as float64, that no uint8 can be"),
        (level_4("x", 1, (1, 1), [1e9], "f8"), "that no uint16 can be"),
        (level_4("x", 1, (1, 1), [np.nan], "f8"), "that no uint8 can be"),
        (level_4("x", 1, (1, 1), [97, 98], "f8", imaginary=True), "text has an imaginary part"),
        (level_4("x", 2, (0, 3), [], "f8"), "not stored as sparse matrices are"),
        (level_4("x", 2, (1, 2), [1, 2], "f8"), "not stored as sparse matrices are"),
        (level_4("x", 2, (1, 3), [3, 1e15, 0], "f8"), "sparse with the dimensions"),
        (level_4("x", 2, (1, 3), [3, -1, 0], "f8"), "sparse with the dimensions"),
        (level_4("x", 2, (1, 3), [3, 1.5, 0], "f8"), "that no int64 can be"),
        (level_4("x", 2, (2, 3), [4, 3, 1, 3, 7, 0], "f8"), "a sparse matrix is damaged"),
        (level_4("x", 2, (2, 3), [0, 3, 1, 3, 7, 0], "f8"), "a sparse matrix is damaged"),
    ],
)
def test_damaged_level_4(tmp_path: Path, broken: bytes, words: str) -> None:
    path = tmp_path / "a.mat"
    path.write_bytes(level_4("a", 0, (1, 1), [1], "f8") + broken)
    with pytest.raises(FormatError, match=words) as caught:
        np.asarray(pybn.open(path)["x"])
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("mopt", "whose"), [(2000, "a VAX (D-float)"), (3010, "a VAX (G-float)"), (4002, "a Cray")]
)
def test_numbers_that_are_not_the_ieees_are_refused_by_name(tmp_path: Path, mopt: int, whose: str) -> None:
    path = tmp_path / "a.mat"
    for order in "<>":
        path.write_bytes(struct.pack(order + "5i", mopt, 1, 1, 0, 2) + b"x\0" + bytes(8))
        with pytest.raises(FormatError) as caught:
            pybn.open(path)
        assert f"{path}: looks like a MATLAB v4 file of {whose}" in str(caught.value)


# Anything.


def read_all(path: Path) -> None:
    with pybn.open(path) as file:
        for name in file:
            value = file[name]
            if isinstance(value, LazyArray):
                np.asarray(value)
            elif scipy.sparse.issparse(value):
                value.tocoo().sum(axis=1) if value.shape[0] < 1000 else value.sum()


def mutated(data: bytes, start: int, chance: random.Random) -> list[bytes]:
    """One byte changed, four overwritten or all from there cut off, at one place after the other."""
    found = []
    for at in range(start, len(data), 2):
        found.append(data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :])
        if at % 16 == 0:
            word = struct.pack("<I", chance.choice([0, 1, 0x7FFFFFFF, 0xFFFFFFFF, chance.getrandbits(32)]))
            found.append(data[:at] + word + data[at + 4 :])
            found.append(data[:at])
    return found


@pytest.mark.parametrize("kind", ["v4", "v6", "v7"])
def test_no_change_of_a_byte_is_more_than_an_error(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.mat"
    if kind == "v4":
        parts = [
            ("x", 0, (2, 2), [1, 2, 3, 4], "f8"),
            ("z", 30, (1, 1), [1, 2], "i2"),
            ("t", 51, (1, 3), [97] * 3, "u1"),
        ]
        sp = level_4("sp", 2, (3, 3), [1, 2, 3, 1, 3, 4, 5.5, 6.5, 0], "f8")
        path.write_bytes(b"".join(level_4(*part, imaginary=part[0] == "z") for part in parts) + sp)
    else:
        whole = everything()
        level_5(path, *(element(15, zlib.compress(part)) for part in whole) if kind == "v7" else whole)
    read_all(path)
    data, errors = path.read_bytes(), 0
    changes = mutated(data, 0 if kind == "v4" else 124, random.Random(kind))
    for changed in changes:
        path.write_bytes(changed)
        with suppress(FormatError):
            read_all(path)
            continue
        errors += 1
    assert errors > len(changes) // (3 if kind == "v7" else 8)
