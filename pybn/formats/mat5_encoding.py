"""Values as variables of level 5 .mat files, by MathWorks' description of them, as MATLAB itself writes them.

SciPy's writer does not do: text that is not ASCII it stores such that Octave cuts it, and char arrays without
characters, of three dimensions, or with NUL in them come out otherwise than they went in.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse

from pybn.values import Cell, StructArray

Array = npt.NDArray[Any]
Chunk = bytes | memoryview

HEADER = b"MATLAB 5.0 MAT-file, written by pybn".ljust(124) + b"\0\1IM"
CELL, STRUCT, CHAR, SPARSE = 1, 2, 4, 5
CLASSES = {"f8": 6, "f4": 7, "i1": 8, "u1": 9, "i2": 10, "u2": 11, "i4": 12, "u4": 13, "i8": 14, "u8": 15}
STORED = {"i1": 1, "u1": 2, "i2": 3, "u2": 4, "i4": 5, "u4": 6, "f4": 7, "f8": 9, "i8": 12, "u8": 13}
NAME, DIMENSIONS, FLAGS, MATRIX, COMPRESSED, UTF16 = 1, 5, 6, 14, 15, 17
COMPLEX, LOGICAL = 0x0800, 0x0200


@dataclass(frozen=True, slots=True)
class Chars:
    """A char array: its UTF-16 code units as uint16, of MATLAB's shape."""

    units: Array


def matrix(value: Any, name: str = "") -> list[Chunk]:
    """Return the bytes of a variable: of an array, Chars, a Cell, a mapping, a StructArray or a csc_array."""
    if isinstance(value, Chars):
        return _matrix(CHAR, value.units.shape, name, _letters(value.units))
    if isinstance(value, Cell):
        return _matrix(CELL, value.shape, name, *map(matrix, value.items))
    if isinstance(value, Mapping):
        return _matrix(STRUCT, (1, 1), name, *_fields(tuple(value)), *map(matrix, value.values()))
    if isinstance(value, StructArray):
        items = [matrix(element[field]) for element in value.elements for field in value.fields]
        return _matrix(STRUCT, value.shape, name, *_fields(value.fields), *items)
    if scipy.sparse.issparse(value):
        places = [
            _element(STORED["i4"], part.astype("<i4").tobytes()) for part in (value.indices, value.indptr)
        ]
        about = _flags(value.dtype), max(1, value.nnz)
        return _matrix(SPARSE, value.shape, name, *places, *_numbers(value.data), about=about)
    class_ = CLASSES["u1" if value.dtype == bool else value.real.dtype.str[1:]]
    return _matrix(class_, value.shape, name, *_numbers(value), about=(_flags(value.dtype), 0))


def _matrix(
    class_: int, shape: tuple[int, ...], name: str, *parts: list[Chunk], about: tuple[int, int] = (0, 0)
) -> list[Chunk]:
    flags, nonzeros = about
    head = [
        _element(FLAGS, struct.pack("<II", class_ | flags, nonzeros)),
        _element(DIMENSIONS, struct.pack(f"<{len(shape)}i", *shape)),
        _element(NAME, name.encode("ascii")),
    ]
    chunks = [chunk for part in (*head, *parts) for chunk in part]
    return [struct.pack("<II", MATRIX, sum(map(len, chunks))), *chunks]


def _element(kind: int, data: Chunk) -> list[Chunk]:
    """Return an element, of at most four bytes in its tag."""
    size = len(data)
    if 0 < size <= 4:
        return [struct.pack("<HH", kind, size) + bytes(data).ljust(4, b"\0")]
    return [struct.pack("<II", kind, size), data, bytes(-size % 8)]


def _flags(dtype: np.dtype[Any]) -> int:
    return {"b": LOGICAL, "c": COMPLEX}.get(dtype.kind, 0)


def _numbers(x: Array) -> list[list[Chunk]]:
    parts = [x.real, x.imag] if x.dtype.kind == "c" else [x.view(np.uint8) if x.dtype == bool else x]
    return [_element(STORED[part.dtype.str[1:]], _column_major(part)) for part in parts]


def _column_major(x: Array) -> Chunk:
    if not x.size:
        return b""
    turned = np.ascontiguousarray(x.astype(x.dtype.newbyteorder("<"), copy=False).T)
    return memoryview(turned.data).cast("B")


def _letters(units: Array) -> list[Chunk]:
    """Return text as MATLAB stores it, as numbers; as UTF-16 by name, which SciPy wants, where it is not ASCII.

    SciPy fails on a whole file for what takes two units in that, and reads it as two wrong letters in the other.
    """
    pairs = np.any((units >= 0xD800) & (units < 0xE000))
    kind = UTF16 if np.any(units > 127) and not pairs else STORED["u2"]
    return _element(kind, _column_major(units))


def _fields(names: tuple[str, ...]) -> list[list[Chunk]]:
    width = max(map(len, names), default=0) + 1
    joined = b"".join(name.encode("ascii").ljust(width, b"\0") for name in names)
    return [_element(DIMENSIONS, struct.pack("<i", width)), _element(NAME, joined)]
