"""Values to and from Octave, bit for bit: every numeric class, logical, char, cell and struct, of any shape.

.mat files do not do. Between SciPy and Octave 7.3, version 6 cuts text that is not ASCII, ends unreadable after
a char array of several rows, and loses a sparse logical; and a torn one can crash its reader. This format is what
`fread` and `fwrite` do directly, little-endian throughout:

    value   = class code, is complex, number of dimensions, dimensions (float64 each), then its data
    numbers = the elements in column-major order; complex: all real parts, then all imaginary parts
    logical, char = a byte an element; char is UTF-8
    cell    = a value an element
    struct  = number of fields (float64), each name as its length (float64) and bytes, then for each
              element the value of each field
    15      = an object that does not travel: the bytes of its class name
"""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

CLASSES = ("float64", "float32", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
LOGICAL, CHAR, CELL, STRUCT, OBJECT = 11, 12, 13, 14, 15

Array = npt.NDArray[Any]


class WireError(ValueError):
    """The bytes are no value: cut off, or of no known class."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """An object of a class that does not travel."""

    class_name: str


def dump(value: Any, stream: BinaryIO) -> None:
    """Write an array, a bool, a number, a str, a list (as a cell row) or a mapping (as a struct). Raises WireError."""
    if isinstance(value, str):
        raw = _utf8(value)
        _head(stream, CHAR, (1 if raw else 0, len(raw)))
        stream.write(raw)
    elif isinstance(value, Mapping):
        _head(stream, STRUCT, (1, 1))
        _names(stream, list(value))
        for item in value.values():
            dump(item, stream)
    elif isinstance(value, list | tuple):
        _head(stream, CELL, (1, len(value)))
        for item in value:
            dump(item, stream)
    else:
        _dump_array(value if isinstance(value, np.ndarray) else _scalar(value), stream)


def _scalar(value: bool | float) -> Array:
    if isinstance(value, int) and abs(value) > 2**53:
        raise WireError(f"{value} is no exact double")
    return np.full((1, 1), value, bool if isinstance(value, bool) else np.float64)


def _dump_array(x: Array, stream: BinaryIO) -> None:
    if x.dtype == bool:
        _head(stream, LOGICAL, x.shape)
        stream.write(x.astype(np.uint8).tobytes(order="F"))
        return
    part = x.real.dtype if x.dtype.kind == "c" else x.dtype
    if part.name not in CLASSES:
        raise WireError(f"an array of {x.dtype} is nothing that Octave has")
    _head(stream, 1 + CLASSES.index(part.name), x.shape, is_complex=x.dtype.kind == "c")
    halves = (x.real, x.imag) if x.dtype.kind == "c" else (x,)
    stream.writelines(half.astype(part.newbyteorder("<"), copy=False).tobytes(order="F") for half in halves)


def _head(stream: BinaryIO, code: int, shape: tuple[int, ...], *, is_complex: bool = False) -> None:
    shape = (*shape, *[1] * (2 - len(shape)))  # everything in Octave has two dimensions
    stream.write(np.array([code, is_complex, len(shape), *shape], "<f8").tobytes())


def _names(stream: BinaryIO, names: list[str]) -> None:
    stream.write(struct.pack("<d", len(names)))
    stream.writelines(struct.pack("<d", len(raw)) + raw for raw in map(_utf8, names))


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise WireError(f"{text!r} is no text that can be written") from error


def load(stream: BinaryIO) -> Any:
    """Read one value: arrays as arrays of at least 2 dimensions, char as str, cell rows as lists, structs as dicts.

    A cell or struct array is a list of its elements in column-major order. Raises WireError.
    """
    try:
        return _load(stream)
    except (struct.error, ValueError, OverflowError, MemoryError, RecursionError) as error:
        raise WireError(f"not a whole value: {error}") from error


def _load(stream: BinaryIO) -> Any:
    code, is_complex, ndim = (int(v) for v in _doubles(stream, 3))
    if not 0 <= ndim <= 64:
        raise WireError(f"{ndim} dimensions")
    shape = tuple(int(v) for v in _doubles(stream, ndim))
    count = math.prod(shape)
    if 1 <= code <= len(CLASSES):
        return _load_numbers(stream, np.dtype(CLASSES[code - 1]), shape, bool(is_complex))
    if code == LOGICAL:
        return _elements(stream, np.dtype("uint8"), shape).astype(bool)
    if code in (CHAR, OBJECT):
        raw = _elements(stream, np.dtype("uint8"), shape).tobytes(order="C")
        text = raw.decode(errors="backslashreplace")  # a text that nobody can print helps nobody
        return text if code == CHAR else Foreign(text)
    if code == CELL:
        return [_load(stream) for _ in range(count)]
    if code == STRUCT:
        return _load_struct(stream, count)
    raise WireError(f"class code {code}")


def _load_numbers(stream: BinaryIO, dtype: np.dtype[Any], shape: tuple[int, ...], is_complex: bool) -> Array:
    real = _elements(stream, dtype, shape)
    if not is_complex:
        return real
    value = np.empty(shape, np.result_type(dtype, np.complex64), order="F")
    value.real, value.imag = real, _elements(stream, dtype, shape)
    return value


def _load_struct(stream: BinaryIO, count: int) -> Any:
    fields = range(int(_doubles(stream, 1)[0]))
    raw = [_exactly(stream, int(_doubles(stream, 1)[0])) for _ in fields]
    names = [name.decode(errors="backslashreplace") for name in raw]
    elements = [{name: _load(stream) for name in names} for _ in range(count)]
    return elements[0] if count == 1 else elements


def _elements(stream: BinaryIO, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    raw = _exactly(stream, math.prod(shape) * dtype.itemsize)
    x = np.frombuffer(raw, dtype)
    return (x if sys.byteorder == "little" else x.byteswap()).reshape(shape, order="F")


def _doubles(stream: BinaryIO, count: int) -> tuple[float, ...]:
    return struct.unpack(f"<{count}d", _exactly(stream, 8 * count))


def _exactly(stream: BinaryIO, count: int) -> bytearray:
    raw = bytearray(stream.read(count))
    if len(raw) != count:
        raise WireError(f"{count} bytes wanted, {len(raw)} there")
    return raw
