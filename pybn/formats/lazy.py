"""Arrays in files, of which only what is asked for is read."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Span = tuple[slice, ...]  # one slice an axis, its start and stop within the axis, its step 1

BLOCK = 4 << 20  # bytes that a reader or writer has in hand at a time: they stay in a processor's cache


class LazyArray(ABC):
    """An array in a file: `shape` and `dtype` are known, elements are read when they are asked for.

    Axes stand in the order in which the array was saved, MATLAB's for MATLAB's files; the dtype is native. Indices
    are NumPy's: `x[..., :10]` reads just that, where the format allows it, and returns an array of its own.
    `np.asarray(x)` reads all. Reading raises FormatError where the file is damaged, FileError where it is gone.
    """

    def __init__(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
        self.shape = tuple(int(extent) for extent in shape)
        self.dtype = np.dtype(dtype).newbyteorder("=")

    @abstractmethod
    def read(self, span: Span) -> Array:
        """Return these elements, of the shape of the span; the memory is the caller's, in any order."""

    # What is cheap to read, for those who read it all in pieces.

    @property
    def sequential(self) -> bool:
        """Whether the elements have to be read from the front on: going back begins anew."""
        return False

    @property
    def row_major(self) -> bool:
        """Whether the first axis is the slowest, as in NumPy's files; in MATLAB's the last one is."""
        return False

    def blocks(self, most: int = BLOCK) -> Iterator[Span]:
        """Yield spans that are together the whole, in the order of the file, of `most` bytes or of one sample."""
        if not self.size:
            return
        axis = 0 if self.row_major else self.ndim - 1
        extent = self.shape[axis] if self.shape else 1
        step = max(1, most // max(1, self.nbytes // extent))
        for start in range(0, extent, step):
            span = [slice(0, n) for n in self.shape]
            if span:
                span[axis] = slice(start, min(start + step, extent))
            yield tuple(span)

    # As an array is.

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """The bytes of the elements in memory."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of an array without axes")
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        keys = key if isinstance(key, tuple) else (key,)
        if not all(k is Ellipsis or isinstance(k, slice | int | np.integer) for k in keys):
            return np.asarray(self)[key]
        span, rest = _spans(keys, self.shape)
        return self.read(span)[rest]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("an array in a file cannot be had without a copy")
        x = self.read(tuple(slice(0, n) for n in self.shape))
        return x if dtype is None else x.astype(dtype, copy=False)

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {'x'.join(map(str, self.shape)) or 'scalar'} {self.dtype}, not read yet>"
        )


def _spans(keys: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[Span, tuple[Any, ...]]:
    """Return the least span that holds what the keys select, and the keys within it. Raises IndexError."""
    given = sum(k is not Ellipsis for k in keys)
    if given > len(shape) or len(keys) - given > 1:
        raise IndexError(f"wanted at most {len(shape)} indices and one ..., got {len(keys)}")
    at = next((n for n, k in enumerate(keys) if k is Ellipsis), len(keys))
    filled = [*keys[:at], *[slice(None)] * (len(shape) - given), *keys[at + 1 :]]
    pairs = [_span(k, n, axis) for axis, (k, n) in enumerate(zip(filled, shape, strict=True))]
    return tuple(span for span, _ in pairs), tuple(rest for _, rest in pairs)


def _span(key: Any, extent: int, axis: int) -> tuple[slice, Any]:
    if not isinstance(key, slice):
        index = int(key) + (extent if key < 0 else 0)
        if not 0 <= index < extent:
            raise IndexError(f"index {int(key)} is out of bounds for axis {axis} with size {extent}")
        return slice(index, index + 1), 0
    steps = range(*key.indices(extent))
    if not steps:
        return slice(0, 0), slice(None)
    low, high = min(steps[0], steps[-1]), max(steps[0], steps[-1])
    step = steps.step
    return slice(low, high + 1), slice(None, None, step)


class InMemory(LazyArray):
    """An array that is here already, for those who want all arrays to be alike."""

    def __init__(self, x: Array) -> None:
        super().__init__(x.shape, x.dtype)
        self._x = x.astype(self.dtype, copy=False)

    @property
    def row_major(self) -> bool:
        """Whether the first axis is the slowest."""
        return bool(self._x.flags.c_contiguous and not self._x.flags.f_contiguous)

    def read(self, span: Span) -> Array:
        """Return a copy of these elements."""
        # Of a scalar an array too: NumPy's own scalars drop the zeros that a text ends with.
        key: tuple[Any, ...] = (*span, ...)
        return np.array(self._x[key], order="K")
