"""What Octave calls its types in the files that it saves, and the values of ranges, of text, and of marks for NaN."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.errors import FormatError

Array = npt.NDArray[Any]

NA = np.array([0x7FF840F4_40000000], np.uint64).view(np.float64)  # Octave's missing value, a NaN of its own
NA_SINGLE = np.array([0x7FC207A2], np.uint32).view(np.float32)
LONGEST = 1 << 30  # elements of a range, of which a file holds only the ends


class Shape(Enum):
    """How the elements of a value lie in a file."""

    SCALAR = auto()
    MATRIX = auto()
    SPARSE = auto()
    DIAGONAL = auto()
    PERMUTATION = auto()
    RANGE = auto()
    TEXT = auto()
    CELL = auto()
    STRUCT = auto()
    STRUCTS = auto()
    LAZY_INDEX = auto()
    FUNCTION = auto()
    CLASS = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Type:
    """A type of Octave's: what it is called, how it lies, and the dtype of its elements, complex where they are."""

    name: str
    shape: Shape
    dtype: np.dtype[Any]


_DOUBLE = np.dtype(np.float64)
_WHOLE = {
    "null_matrix": Shape.MATRIX,
    "string": Shape.TEXT,
    "sq_string": Shape.TEXT,
    "null_string": Shape.TEXT,
    "null_sq_string": Shape.TEXT,
    "cell": Shape.CELL,
    "scalar struct": Shape.STRUCT,
    "struct": Shape.STRUCTS,
    "permutation matrix": Shape.PERMUTATION,
    "lazy_index": Shape.LAZY_INDEX,
    "range": Shape.RANGE,
    "function handle": Shape.FUNCTION,
    "class": Shape.CLASS,
    "bool": Shape.SCALAR,
}
_NUMERIC = re.compile(
    r"(?P<sparse>sparse )?(?P<of>float |bool |u?int(?:8|16|32|64) )?(?P<complex>complex )?(?P<diagonal>diagonal )?"
    r"(?P<last>scalar|matrix)"
)
_RANGE = re.compile(r"(float|double|u?int(?:8|16|32|64))_range")
_DTYPES = {"": "float64", "double": "float64", "float": "float32", "bool": "bool"}


def type_of(name: str) -> Type:
    """Return what a type name of Octave's stands for, `Shape.OTHER` where that is not known."""
    if name == "sparse bool matrix":
        return Type(name, Shape.SPARSE, np.dtype(bool))
    if name in _WHOLE:
        return Type(name, _WHOLE[name], np.dtype(bool) if name == "bool" else _DOUBLE)
    if match := _RANGE.fullmatch(name):
        return Type(name, Shape.RANGE, np.dtype(_DTYPES.get(match[1], match[1])))
    if match := _NUMERIC.fullmatch(name):
        of = (match["of"] or "").strip()
        dtype = np.dtype(_DTYPES.get(of, of))
        if match["complex"]:
            dtype = np.result_type(dtype, np.complex64)
        if match["sparse"] or match["diagonal"]:
            return Type(name, Shape.SPARSE if match["sparse"] else Shape.DIAGONAL, dtype)
        return Type(name, Shape.SCALAR if match["last"] == "scalar" else Shape.MATRIX, dtype)
    return Type(name, Shape.OTHER, _DOUBLE)


def decoded(raw: bytes) -> str:
    """Return the text of bytes; where they are not UTF-8, each is a character, as char(233) is for MATLAB."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def spread(base: float, limit: float, increment: float, count: int | None, dtype: np.dtype[Any]) -> Array:
    """Return the elements of a range as a row, as Octave makes them of its ends. Raises FormatError."""
    if not (math.isfinite(base) and math.isfinite(increment) and math.isfinite(limit)):
        raise FormatError(f"a range from {base} by {increment} to {limit}")
    count = _count(base, limit, increment) if count is None else count
    if not 0 <= count <= LONGEST:
        raise FormatError(f"a range of {count:,} elements; wanted at most {LONGEST:,}")
    x = base + np.arange(count) * increment
    if count:
        x[-1] = _last(base, limit, increment, count)
        x[0] = base  # exactly: of -0 a sum would make 0
    return x.astype(dtype, copy=False).reshape(1, count)


def _last(base: float, limit: float, increment: float, count: int) -> float:
    last = base + (count - 1) * increment
    if (increment > 0 and last >= limit) or (increment < 0 and last <= limit):
        last = limit
    return float(np.round(last)) if base.is_integer() and increment.is_integer() else last


def _count(base: float, limit: float, increment: float) -> int:
    """Return how many elements Octave counts: the limit is one where it is met within three units in the last place."""
    if increment == 0 or (limit - base) * increment < 0:
        return 0
    near = 3 * np.finfo(np.float64).eps
    count = max(0, _tolerant_floor((limit - base + increment) / increment, near))
    for more in (0, -1, 1):
        last = base + (count + more - 1) * increment
        if abs(last - limit) < max(abs(last), abs(limit)) * near:
            return count + more
    return count


def _tolerant_floor(x: float, near: float) -> int:
    """Return the floor of x, or the whole number that it is within rounding of (Hagerty's FL5, APL Quote Quad 8.4)."""
    q = 1 - near if x < 0 else 1.0
    most = q / (2 - near)
    slack = max(near, min(most, near / q * abs(1 + math.floor(x))))
    floor = math.floor(x + slack)
    return floor if x <= 0 or floor - x < most else floor - 1
