"""Numbers of .mat files before HDF5: of a MATLAB class, and stored as something that may be another.

A class says what MATLAB has; what is in the file may be narrower, whole doubles as uint8 for one. A complex array is
all real parts, then all imaginary ones. Complex integers, which NumPy lacks, become complex64 or complex128, which
hold those of up to 32 bits exactly; of 64 bits, a value that cannot be held is an error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats.lazy import Array, LazyArray, Span

CLASSES = {"double": "float64", "single": "float32"}


def class_dtype(class_: str, *, complex_: bool, logical: bool) -> np.dtype[Any]:
    """Return the dtype of a numeric class. Raises FormatError for true and false with imaginary parts."""
    if logical and complex_:
        raise FormatError("a logical array has an imaginary part; the file is damaged")
    dtype = np.dtype(bool if logical else CLASSES.get(class_, class_))
    return np.result_type(dtype, np.complex64) if complex_ else dtype


def check(stored: np.dtype[Any], length: int, shape: tuple[int, ...]) -> None:
    """Hold the bytes that are stored against a shape. Raises FormatError."""
    told = "x".join(map(str, shape))
    if math.prod(shape) * stored.itemsize != length:
        raise FormatError(f"it says it is {told}, and {length:,} bytes are stored; it is damaged")
    if len(shape) > 64 or math.prod(max(n, 1) for n in shape) * 16 >= 1 << 63:
        raise FormatError(f"it is {told:.80}, more than any array can be; it is damaged")


def widens(stored: np.dtype[Any], dtype: np.dtype[Any]) -> bool:
    """Say whether every value of the one is one of the other."""
    if dtype.kind == "b":
        return True
    beyond = stored.kind in "iu" and stored.itemsize == 8 and dtype.kind == "f"
    return not beyond and np.can_cast(stored, dtype, "safe")


def exact(x: Array, dtype: np.dtype[Any]) -> Array:
    """Return numbers as another dtype. Raises FormatError where that would change them."""
    if widens(x.dtype, dtype):
        return x.astype(dtype, copy=False)
    with np.errstate(all="ignore"):
        y = x.astype(dtype)
        if not np.array_equal(y.astype(x.dtype), x, equal_nan=x.dtype.kind == "f"):
            raise FormatError(f"it holds values, stored as {x.dtype}, that no {dtype} can be; it is damaged")
    return y


def in_class(parts: Sequence[Array], dtype: np.dtype[Any]) -> Array:
    """Return the array that real parts, and where there are any imaginary ones, make."""
    if len(parts) == 1:
        return exact(parts[0], dtype)
    x = np.empty(parts[0].shape, dtype, order="F")
    x.real, x.imag = (exact(part, x.real.dtype) for part in parts)
    return x


class InClass(LazyArray):
    """An array of a real and perhaps an imaginary part, each of the dtype that it is stored in.

    A part is called for where it is not known before it is read; `where` starts the message of an error.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        real: LazyArray,
        imaginary: Callable[[], LazyArray] | None,
        where: str,
    ) -> None:
        super().__init__(shape, dtype)
        self._real, self._imaginary, self._where = real, imaginary, where

    @property
    def sequential(self) -> bool:
        """Whether its parts have to be read from the front on."""
        return self._real.sequential

    def read(self, span: Span) -> Array:
        """Return these elements."""
        parts = [self._real.read(span)]
        if self._imaginary is not None:
            parts.append(self._imaginary().read(span))
        try:
            return in_class(parts, self.dtype)
        except FormatError as error:
            raise FormatError(f"{self._where}: {error}") from error
