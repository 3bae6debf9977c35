"""Text of .mat files before HDF5, as the characters that it is.

MATLAB's characters are UTF-16 units, and a char array of several rows stands column by column. Octave's are bytes of
UTF-8; it stores rows of valid text as UTF-16 and all else byte by byte, under the type of UTF-8.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.errors import FormatError
from pybn.values import CharArray

Array = npt.NDArray[Any]

UTF8 = 16
UNITS = {1: "u1", 2: "u1", 3: "u2", 4: "u2", 5: "u4", 6: "u4", UTF8: "u1", 17: "u2", 18: "u4"}
FEW = 1 << 20  # rows without characters, which take no bytes of a file


def text(
    kind: int, data: bytes | bytearray | memoryview, order: str, shape: tuple[int, ...]
) -> str | CharArray:
    """Return a char array whose characters are stored as this type of element. Raises FormatError."""
    stored = np.dtype(order + UNITS.get(kind, "V1"))
    if stored.kind != "u" or len(data) % stored.itemsize:
        raise FormatError(f"text is stored as {len(data):,} bytes of the type {kind}; the file is damaged")
    return characters(np.frombuffer(data, stored), shape)


def characters(units: Array, shape: tuple[int, ...]) -> str | CharArray:
    """Return a char array of the codes of its characters, of one, two or four bytes, column by column."""
    if units.size != math.prod(shape):
        units = _counted(_decoded(units), shape)
    if shape == (0, 0) or (len(shape) == 2 and shape[0] == 1):
        return _decoded(units)
    count = shape[0] * math.prod(shape[2:])
    if not units.size:
        if count > FEW:
            raise FormatError(f"a char array has {count:,} rows without characters; the file is damaged")
        return CharArray(shape, ("",) * count)
    rows = np.moveaxis(units.reshape(shape, order="F"), 1, -1).reshape(count, shape[1], order="F")
    return CharArray(shape, tuple(_decoded(row) for row in rows))


def _counted(whole: str, shape: tuple[int, ...]) -> Array:
    """Return the codes of characters that are as many as the shape has, once they are decoded."""
    for codec, letter in (("utf-16-le", "<u2"), ("utf-32-le", "<u4")):
        units = np.frombuffer(whole.encode(codec, "surrogatepass"), letter)
        if units.size == math.prod(shape):
            return units
    raise FormatError(f"{len(whole):,} characters do not fill a char array of {list(shape)!r:.80}")


def _decoded(units: Array) -> str:
    if units.itemsize == 1:
        raw = units.tobytes()
        try:
            return raw.decode()
        except UnicodeDecodeError:  # codes of characters
            return raw.decode("latin-1")
    width = 8 * units.itemsize
    try:
        return units.astype(f"<u{units.itemsize}").tobytes().decode(f"utf-{width}-le", "surrogatepass")
    except UnicodeDecodeError as error:
        raise FormatError(f"text holds what is no character: {error.reason}") from error
