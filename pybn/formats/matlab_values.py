"""Values of MATLAB's classes, made of what files hold: text of code units, empties, struct arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.errors import FormatError
from pybn.formats.mat_text import characters
from pybn.formats.matlab import two
from pybn.values import Cell, CharArray, StructArray

Array = npt.NDArray[Any]

EMPTIEST = 1_000_000  # structs without fields, or rows without characters: they take no bytes

_DTYPES = {"double": "float64", "canonical empty": "float64", "single": "float32", "logical": "bool"}
_DTYPES |= {f"{u}int{n}": f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64)}


def dtype_of(class_: str) -> np.dtype[Any] | None:
    """Return the dtype of a numeric or logical class, None for another."""
    return np.dtype(_DTYPES[class_]) if class_ in _DTYPES else None


def class_of(dtype: np.dtype[Any]) -> str:
    """Return the class of the elements of a dtype; of complex ones that of their parts."""
    names = {"bool": "logical", "float64": "double", "float32": "single"}
    names |= {"complex128": "double", "complex64": "single"}
    return names.get(dtype.name, dtype.name)


def chars(codes: Array) -> str | CharArray:
    """Take code units of 8, 16 or 32 bits as text: a row or [] as a string. Raises FormatError."""
    if codes.dtype.kind not in "iu" or codes.dtype.itemsize > 4:
        raise FormatError(f"text of {codes.dtype}")
    return characters(codes.reshape(-1, order="F").view(f"u{codes.itemsize}"), codes.shape)


def few(count: int) -> int:
    """Return a count of things that take no bytes. Raises FormatError where that is all too many."""
    if count > EMPTIEST:
        raise FormatError(f"wanted at most {EMPTIEST:,} elements without anything in them, got {count:,}")
    return count


def structs(shape: tuple[int, ...], fields: Sequence[str], elements: Sequence[Mapping[str, Any]]) -> Any:
    """Return a struct, or where there is not just one a struct array."""
    return elements[0] if len(elements) == 1 else StructArray(shape, tuple(fields), tuple(elements))


def empty(class_: str, extents: Sequence[int], fields: Sequence[str] = ()) -> Any:
    """Return a value of no elements, or structs of no fields. Raises FormatError for another."""
    shape = two(extents)
    count = math.prod(shape)
    if min(shape) < 0 or (count and (class_ != "struct" or fields)):
        raise FormatError(f"an empty {class_} of shape {list(shape)}")
    if class_ == "cell":
        return Cell(shape, ())
    if class_ == "struct":
        return structs(shape, fields, tuple({} for _ in range(few(count))))
    if class_ == "char":
        return chars(np.empty(shape, np.uint16))
    dtype = dtype_of(class_)
    if dtype is None:
        raise FormatError(f"an empty of the class {class_ or '?'}")
    return np.zeros(shape, dtype)
