"""Values to and from Octave or MATLAB, bit for bit: numbers, logical, char, cells, structs, maps, of any shape.

.mat files do not do. Between SciPy and Octave 7.3, version 6 cuts text that is not ASCII, ends unreadable after
a char array of several rows, and loses a sparse logical; and a torn one can crash its reader. This format is what
`fread` and `fwrite` do directly, little-endian throughout:

    value   = class code, is complex, number of dimensions, dimensions (float64 each), then its data
    numbers = the elements in column-major order; complex: all real parts, then all imaginary parts
    logical, char = a byte an element; a char array's rows are UTF-8, as Octave has them
    16      = char as MATLAB has it: UTF-16, two bytes an element
    cell    = a value an element
    struct  = number of fields (float64), each name as its length (float64) and bytes, then for each
              element the value of each field
    17      = a containers.Map: the type of its keys as text, a cell of them, a cell of the values
    15      = an object that does not travel: the bytes of its class name
"""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from pybn.values import Cell, CharArray, Foreign, Map, StructArray

CLASSES = ("float64", "float32", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
LOGICAL, CHAR, CELL, STRUCT, OBJECT, WIDE_CHAR, MAP = 11, 12, 13, 14, 15, 16, 17
MOST = 10_000_000  # structs without fields, or rows without characters: they take no bytes

Array = npt.NDArray[Any]


class WireError(ValueError):
    """The bytes are no value: cut off, or of no known class."""


def dump(value: Any, stream: BinaryIO, *, wide: bool = False) -> None:
    """Write a value of `pybn.values`; also a bool, a number, and a list (as a cell row). Raises WireError.

    Text is UTF-8, or UTF-16 where it is to be `wide`.
    """
    if isinstance(value, str | CharArray):
        (_dump_wide if wide else _dump_text)(value, stream)
    elif isinstance(value, Mapping | StructArray):
        _dump_structs(value, stream, wide)
    elif isinstance(value, Cell | list | tuple):
        cell = value if isinstance(value, Cell) else Cell((1, len(value)), tuple(value))
        _head(stream, CELL, cell.shape)
        for item in cell.items:
            dump(item, stream, wide=wide)
    elif isinstance(value, Map):
        _head(stream, MAP, (len(value.keys), 1))
        for part in (value.key_type, list(value.keys), list(value.items)):
            dump(part, stream, wide=wide)
    elif isinstance(value, Foreign):
        raise WireError(f"an object of class {value.class_name} cannot be handed over")
    else:
        _dump_array(value if isinstance(value, np.ndarray) else _scalar(value), stream)


def _dump_text(value: str | CharArray, stream: BinaryIO) -> None:
    if isinstance(value, str):
        raw = _utf8(value)
        _head(stream, CHAR, (1 if raw else 0, len(raw)))
        stream.write(raw)
        return
    rows = [_row(text, value.shape[1]) for text in value.rows]
    _head(stream, CHAR, value.shape)
    stream.write(_columns(b"".join(rows), "u1", value.shape))


def _dump_wide(value: str | CharArray, stream: BinaryIO) -> None:
    """Write text as MATLAB has it. The rows of an array are as wide as the widest, as its `char` makes them."""
    if isinstance(value, str):
        raw = _utf16(value)
        _head(stream, WIDE_CHAR, (1 if raw else 0, len(raw) // 2))
        stream.write(raw)
        return
    rows = [_utf16(text) for text in value.rows]
    width = max([len(row) // 2 for row in rows], default=value.shape[1])
    shape = (value.shape[0], width, *value.shape[2:])
    _head(stream, WIDE_CHAR, shape)
    padded = [row + (width - len(row) // 2) * _utf16(" ") for row in rows]
    stream.write(_columns(b"".join(padded), "<u2", shape))


def _columns(rows: bytes, dtype: str, shape: tuple[int, ...]) -> bytes:
    """Return the rows of all pages in column-major order."""
    pages = np.frombuffer(rows, dtype).reshape(math.prod(shape[2:]), shape[0], shape[1])
    return pages.transpose(0, 2, 1).tobytes()


def _row(text: str, width: int) -> bytes:
    """Return a row of a char array in as many bytes as it has; not all text of them is UTF-8."""
    for encoding in ("utf-8", "latin-1"):
        raw = text.encode(encoding, "replace")
        if len(raw) == width:
            return raw
    raise WireError(f"{text!r} is no row of {width} bytes of a char array")


def _dump_structs(value: Mapping[str, Any] | StructArray, stream: BinaryIO, wide: bool) -> None:
    structs = value if isinstance(value, StructArray) else StructArray((1, 1), tuple(value), (value,))
    _head(stream, STRUCT, structs.shape)
    _names(stream, list(structs.fields))
    for element in structs.elements:
        for name in structs.fields:
            dump(element[name], stream, wide=wide)


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
        raise WireError(f"an array of {x.dtype} is nothing that MATLAB has")
    _head(stream, 1 + CLASSES.index(part.name), x.shape, is_complex=x.dtype.kind == "c")
    halves = (x.real, x.imag) if x.dtype.kind == "c" else (x,)
    stream.writelines(half.astype(part.newbyteorder("<"), copy=False).tobytes(order="F") for half in halves)


def _head(stream: BinaryIO, code: int, shape: tuple[int, ...], *, is_complex: bool = False) -> None:
    shape = (*shape, *[1] * (2 - len(shape)))  # everything in MATLAB has two dimensions
    stream.write(np.array([code, is_complex, len(shape), *shape], "<f8").tobytes())


def _names(stream: BinaryIO, names: list[str]) -> None:
    stream.write(struct.pack("<d", len(names)))
    stream.writelines(struct.pack("<d", len(raw)) + raw for raw in map(_utf8, names))


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise WireError(f"{text!r} is no text that can be written") from error


def _utf16(text: str) -> bytes:
    _utf8(text)
    return text.encode("utf-16-le")


def load(stream: BinaryIO) -> Any:
    """Read one value, as `pybn.values` has it. Raises WireError."""
    try:
        return _load(stream)
    except (struct.error, ValueError, OverflowError, MemoryError, RecursionError) as error:
        raise WireError(f"not a whole value: {error}") from error


def _load(stream: BinaryIO) -> Any:
    code, is_complex, ndim = (int(v) for v in _doubles(stream, 3))
    if not 0 <= ndim <= 64:
        raise WireError(f"{ndim} dimensions")
    shape = tuple(int(v) for v in _doubles(stream, ndim))
    if 1 <= code <= len(CLASSES):
        return _load_numbers(stream, np.dtype(CLASSES[code - 1]), shape, bool(is_complex))
    if code == LOGICAL:
        return _elements(stream, np.dtype("uint8"), shape).astype(bool)
    if code in (CHAR, WIDE_CHAR):
        return _load_text(stream, shape, np.dtype("uint16" if code == WIDE_CHAR else "uint8"))
    if code == OBJECT:
        return Foreign(_decoded(_elements(stream, np.dtype("uint8"), shape).tobytes()))
    if code == CELL:
        return Cell(shape, tuple(_load(stream) for _ in range(math.prod(shape))))
    if code == STRUCT:
        return _load_struct(stream, shape)
    if code == MAP:
        return _load_map(stream)
    raise WireError(f"class code {code}")


def _load_text(stream: BinaryIO, shape: tuple[int, ...], unit: np.dtype[Any]) -> str | CharArray:
    raw = _elements(stream, unit, shape)
    if len(shape) == 2 and (shape[0] == 1 or shape == (0, 0)):
        return _text(raw)
    pages = raw.reshape(*shape[:2], -1, order="F") if raw.size else np.zeros((*shape[:2], 0), unit)
    rows = [_text(row) for page in np.moveaxis(pages, 2, 0) for row in page]
    return CharArray(shape, tuple(rows or [""] * _few(math.prod((shape[0], *shape[2:])))))


def _text(units: Array) -> str:
    """Return the text of bytes, or of UTF-16; half a character of the latter is told as such."""
    if units.itemsize == 1:
        return _decoded(units.tobytes())
    return units.astype("<u2", copy=False).tobytes().decode("utf-16-le", errors="backslashreplace")


def _decoded(raw: bytes) -> str:
    """Return the text of bytes; where they are not UTF-8, each is a character, as char(233) is for MATLAB."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _load_numbers(stream: BinaryIO, dtype: np.dtype[Any], shape: tuple[int, ...], is_complex: bool) -> Array:
    real = _elements(stream, dtype, shape)
    if not is_complex:
        return real
    value = np.empty(shape, np.result_type(dtype, np.complex64), order="F")
    value.real, value.imag = real, _elements(stream, dtype, shape)
    return value


def _load_struct(stream: BinaryIO, shape: tuple[int, ...]) -> Any:
    fields = range(int(_doubles(stream, 1)[0]))
    names = tuple(_decoded(bytes(_exactly(stream, int(_doubles(stream, 1)[0])))) for _ in fields)
    count = math.prod(shape) if names else _few(math.prod(shape))
    elements = tuple({name: _load(stream) for name in names} for _ in range(count))
    return elements[0] if len(elements) == 1 else StructArray(shape, names, elements)


def _load_map(stream: BinaryIO) -> Map:
    kind, keys, items = (_load(stream) for _ in range(3))
    try:
        names = tuple(key if isinstance(key, str) else float(key.item()) for key in keys.items)
        return Map(names, tuple(items.items), kind)
    except (ValueError, TypeError, AttributeError) as error:
        raise WireError(f"no containers.Map: {error}") from error


def _few(count: int) -> int:
    if count > MOST:
        raise WireError(f"{count} empty elements")
    return count


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
