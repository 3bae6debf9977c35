"""Level 4 and 5 files that are written here, element by element, from MathWorks' description of them."""

from __future__ import annotations

import json
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from mat_files import array, doubles, element, level_5

from pybn.errors import FormatError
from pybn.formats import mat5
from pybn.inspection import Listing, inspect


def seen(listing: Listing) -> dict[str, tuple[Any, ...]]:
    """The type, shape and bytes of everything, by its path."""
    rows = listing.to_json()["rows"]
    return {
        "/".join(row["path"]): (row["type"], row["shape"] and tuple(row["shape"]), row["bytes"])
        for row in rows
    }


def notes(listing: Listing) -> dict[str, str]:
    return {"/".join(row["path"]): row["note"] for row in listing.to_json()["rows"] if row["note"]}


def test_flags_and_byte_order(tmp_path: Path) -> None:
    for order in "<>":
        parts = [
            array(6, (2, 3), "shared", doubles(6, order), flags=0x0400, order=order),
            array(6, (1, 2), "z", doubles(2, order), doubles(2, order), flags=0x0800, order=order),
            array(9, (1, 1), "ok", element(2, b"\1", order), flags=0x0200, order=order),
        ]
        listing = inspect(level_5(tmp_path / "a.mat", *parts, order=order))
        assert seen(listing) == {
            "shared": ("double", (2, 3), 48),
            "z": ("double complex", (1, 2), 32),
            "ok": ("logical", (1, 1), 1),
        }
        assert notes(listing) == {"shared": "global"}
        assert ("byte order: big-endian" in listing.contents.about) == (order == ">")
    big = struct.pack(">5i", 1000, 2, 3, 0, 2) + b"x\0" + struct.pack(">6d", *range(6))
    (tmp_path / "4.mat").write_bytes(big)
    assert seen(inspect(tmp_path / "4.mat")) == {"x": ("double", (2, 3), 48)}


def test_objects_and_functions(tmp_path: Path) -> None:
    words = [0xDD000000, 2, 2600, 1, *range(1, 2602)]
    metadata = array(13, (2605, 1), "", element(6, struct.pack("<2605I", *words)))
    modern = array(17, (), "net", element(1, b"MCOS"), element(1, b"nnet.cnn.layer.Layer"), metadata)
    names = element(5, struct.pack("<i", 8)) + element(1, b"version\0note\0\0\0\0")
    old = array(
        3,
        (1, 1),
        "old",
        element(1, b"network"),
        names,
        array(4, (1, 1), "", element(4, b"a\0")),
        element(14, b""),
    )
    function = array(16, (1, 1), "f", array(4, (1, 2), "", element(16, b"@x")))
    data = array(9, (1, 8), "", element(2, bytes(8)))
    path = level_5(
        tmp_path / "a.mat", modern, old, function, data, subsystem=128 + len(modern + old + function)
    )
    listing = inspect(path)
    assert seen(listing) == {
        "net": ("nnet.cnn.layer.Layer object", (2600, 1), None),
        "old": ("network object", (1, 1), None),
        "old/version": ("char", (1, 1), 2),
        "old/note": ("double", (0, 0), 0),
        "f": ("function_handle", (1, 1), None),
        "": ("uint8", (1, 8), 8),
    }
    told = notes(listing)
    assert told.pop("net").startswith("its objects are not stored as a file in the file")
    assert told == {"": "object data"}


# A logical 1x1 whose length stops before its name, so that name and value are read off what follows it.
SHORT = struct.pack("<14I", 14, 32, 6, 8, 9 | 0x0200, 0, 5, 8, 1, 1, 1 << 16 | 1, 0x78, 1 << 16 | 2, 1)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (array(6, (2, 4), "x", doubles(6)), "'x' says it is 2x4, and 48 bytes are stored"),
        (array(6, (2, -3), "x", doubles(6)), "dimensions"),
        (array(6, (6,), "x", doubles(6)), "dimensions"),
        (array(40, (2, 3), "x", doubles(6)), "class number 40"),
        (array(6, (2, 3), "x" * 5000, doubles(6)), "header holds 5,000 bytes"),
        (array(2, (1, 1), "x", element(5, struct.pack("<i", 0)), element(1, b"abc")), "field names"),
        (array(1, (1, 1), "x", doubles(1)), "should be an array"),
        (array(1, (1, 1), "x", struct.pack("<II", 14, 9000)), "longer than the variable"),
        (array(1, (1, 1), "x", SHORT), "longer than its own length"),
        (element(14, b""), "longer than the variable|ends in the middle|more than its own"),
        (element(15, b"not compressed"), "damaged"),
        (element(15, zlib.compress(doubles(1))), "no array"),
        (element(15, zlib.compress(array(6, (2, 3), "x", doubles(6)))[:30]), "ends too early"),
        (element(9, bytes(8)), "a variable should start"),
        (array(6, (2, 3), "x", doubles(6))[:-1], "cut short"),
    ],
)
def test_damage_is_said_and_the_file_named(tmp_path: Path, broken: bytes, words: str) -> None:
    path = level_5(tmp_path / "a.mat", array(6, (1, 1), "first", doubles(1)), broken)
    with pytest.raises(FormatError, match=words) as caught:
        inspect(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_an_empty_file_of_a_right_kind(tmp_path: Path) -> None:
    listing = inspect(level_5(tmp_path / "a.mat"))
    assert listing.to_json()["rows"] == []
    assert listing.to_text().endswith("nothing in it")


def test_names_are_exact_in_json_and_harmless_in_text(tmp_path: Path) -> None:
    names = ["\x1b[31mred\n", "back\\slash", "\u202egnp.exe", "\u8a9e", "caf\u00e9", "x" * 200]
    path = level_5(tmp_path / "a\x1b[0m.mat", *[array(6, (1, 1), name, doubles(1)) for name in names])
    listing = inspect(path)
    assert [row["path"] for row in json.loads(json.dumps(listing.to_json()))["rows"]] == [
        [name] for name in names
    ]
    lines = listing.to_text().splitlines()
    assert all(line.isprintable() for line in lines)
    shown = [line.split("  ")[0] for line in lines[4:]]
    assert shown[:5] == [r"\x1b[31mred\n", r"back\\slash", r"\u202egnp.exe", "\u8a9e", "caf\u00e9"]
    assert len(shown[5]) == 48


# --- what inflates without end

BLOCK = 1 << 24


def zeros(blocks: int, *, before: bytes, after: bytes = b"") -> bytes:
    """Compressed: `before`, then `blocks` times 16 MiB of zeros, then `after`. (Made without compressing them all.)"""
    press = zlib.compressobj(9)
    start = press.compress(before) + press.flush(zlib.Z_FULL_FLUSH)
    block = press.compress(bytes(BLOCK)) + press.flush(zlib.Z_FULL_FLUSH)
    return element(15, start + block * blocks + press.compress(after) + press.flush(zlib.Z_SYNC_FLUSH))


def opened(array_: bytes, more: int) -> bytes:
    """An array, compressed or not, that says it is `more` bytes longer, with the tag of its values last."""
    length = struct.unpack("<4xI", array_[:8])[0]
    return struct.pack("<II", 14, length + 8 + more) + array_[8:] + struct.pack("<II", 9, more)


def test_a_megabyte_that_inflates_to_gigabytes_is_listed_at_once(tmp_path: Path) -> None:
    size = 80 * BLOCK
    start = opened(array(6, (size // 8, 1), "zeros"), size)
    path = level_5(tmp_path / "a.mat", zeros(80, before=start), array(6, (1, 1), "last", doubles(1)))
    assert path.stat().st_size < 2 << 20
    before = time.monotonic()
    listing = inspect(path, memory=256 << 20)
    assert time.monotonic() - before < 1.5
    assert seen(listing) == {"zeros": ("double", (size // 8, 1), size), "last": ("double", (1, 1), 8)}


def struct_of_zeros(blocks: int) -> bytes:
    """A compressed struct whose first field is that many blocks of zeros, and whose second comes after them."""
    size = blocks * BLOCK
    names = element(5, struct.pack("<i", 2)) + element(1, b"a\0b\0")
    first, second = opened(array(6, (size // 8, 1), ""), size), array(6, (1, 1), "", doubles(1))
    head = array(2, (1, 1), "s", names)
    whole = struct.pack("<II", 14, len(head) - 8 + len(first) + size + len(second)) + head[8:] + first
    return zeros(blocks, before=whole, after=second)


def test_what_is_behind_many_zeros_is_found_within_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = level_5(tmp_path / "a.mat", struct_of_zeros(2), array(6, (1, 1), "last", doubles(1)))
    expected = {"s": "struct", "s/a": "double", "s/b": "double", "last": "double"}
    assert {name: row[0] for name, row in seen(inspect(path, memory=256 << 20)).items()} == expected
    monkeypatch.setattr(mat5, "MAX_INFLATED", BLOCK)
    with path.open("rb") as file:
        rows = mat5.contents(file, path.stat().st_size).rows
    assert [row.name for row in rows] == ["s", "a", "last"]
    assert "not all of it is listed" in rows[0].note


def test_a_compressed_variable_past_the_deadline_is_one_error(tmp_path: Path) -> None:
    path = level_5(tmp_path / "a.mat", struct_of_zeros(100))
    before = time.monotonic()
    with pytest.raises(FormatError, match=r"a\.mat: its parser took longer than 0\.2 s"):
        inspect(path, deadline=0.2)
    assert time.monotonic() - before < 1
