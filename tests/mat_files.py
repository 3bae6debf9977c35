"""Level 4 and 5 files that are written here, element by element, from MathWorks' description of them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

DOUBLE, SINGLE, INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64 = range(6, 16)
CELL, STRUCT, OBJECT, CHAR, SPARSE, FUNCTION, OPAQUE = 1, 2, 3, 4, 5, 16, 17
COMPLEX, GLOBAL, LOGICAL = 0x0800, 0x0400, 0x0200
TYPES = {"i1": 1, "u1": 2, "i2": 3, "u2": 4, "i4": 5, "u4": 6, "f4": 7, "f8": 9, "i8": 12, "u8": 13}


def element(kind: int, data: bytes, order: str = "<") -> bytes:
    padding = b"" if kind == 15 else bytes(-len(data) % 8)
    return struct.pack(order + "II", kind, len(data)) + data + padding


def small(kind: int, data: bytes, order: str = "<") -> bytes:
    """An element of at most four bytes, in its tag."""
    return struct.pack(order + "I", len(data) << 16 | kind) + data.ljust(4, b"\0")


def array(
    class_: int,
    shape: tuple[int, ...],
    name: str,
    *rest: bytes,
    flags: int = 0,
    order: str = "<",
    nonzeros: int = 0,
) -> bytes:
    head = [
        element(6, struct.pack(order + "II", class_ | flags, nonzeros), order),
        element(5, struct.pack(f"{order}{len(shape)}i", *shape), order) if shape else b"",
        element(1, name.encode(), order),
    ]
    return element(14, b"".join([*head, *rest]), order)


def level_5(path: Path, *arrays: bytes, order: str = "<", subsystem: int = 0) -> Path:
    header = b"MATLAB 5.0 MAT-file, Platform: TEST".ljust(116) + struct.pack(order + "QH", subsystem, 0x0100)
    path.write_bytes(header + (b"IM" if order == "<" else b"MI") + b"".join(arrays))
    return path


def doubles(count: int, order: str = "<") -> bytes:
    return element(9, struct.pack(f"{order}{count}d", *range(count)), order)


def numbers(values: Sequence[float], stored: str, order: str = "<") -> bytes:
    """An element of numbers that are stored as this dtype."""
    return element(TYPES[stored], np.array(values).astype(order + stored).tobytes(), order)


def names(width: int, *fields: str, order: str = "<") -> bytes:
    """The elements with the names of a struct's fields."""
    joined = b"".join(field.encode().ljust(width, b"\0") for field in fields)
    return small(5, struct.pack(order + "i", width), order) + element(1, joined, order)


def level_4(
    name: str,
    mopt: int,
    shape: tuple[int, int],
    values: Sequence[float],
    stored: str,
    *,
    imaginary: bool = False,
) -> bytes:
    """A variable of a level 4 file; of complex ones all real parts come first."""
    order = "<>"[mopt // 1000 % 2]
    label = name.encode() + b"\0"
    head = struct.pack(order + "5i", mopt, *shape, imaginary, len(label))
    return head + label + np.array(values).astype(order + stored).tobytes()
