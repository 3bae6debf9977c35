"""Arrays whose elements stand one after the other in a file: mapped into memory, or read in a stream."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pybn.errors import FileError, FormatError
from pybn.formats.lazy import Array, LazyArray, Span

CHUNK = 4 << 20  # bytes that are read and passed over at a time


class Stream(Protocol):
    """Bytes from the front to the back."""

    def read(self, count: int, /) -> bytes:
        """Return at most this many of the next bytes, none at the end."""


class MappedArray(LazyArray):
    """An array that is a run of bytes of a file, in C or in Fortran order.

    `stored` is the dtype in the file, of any byte order; `dtype` that of the elements that are handed out.
    Raises FormatError where the file has not as many bytes.
    """

    def __init__(
        self,
        path: str,
        offset: int,
        shape: tuple[int, ...],
        stored: npt.DTypeLike,
        *,
        dtype: npt.DTypeLike | None = None,
        row_major: bool = False,
    ) -> None:
        stored = np.dtype(stored)
        super().__init__(shape, stored if dtype is None else dtype)
        self._row_major = row_major
        self._x = _mapped(path, offset, shape, stored, "C" if row_major else "F")

    @property
    def row_major(self) -> bool:
        """Whether the first axis is the slowest."""
        return self._row_major

    def read(self, span: Span) -> Array:
        """Return a copy of these elements."""
        # Of a scalar an array too: NumPy's own scalars drop the zeros that a text ends with.
        key: tuple[Any, ...] = (*span, ...)
        x: Array = self._x[key].astype(self.dtype, order="K", copy=True)
        return x


def _mapped(path: str, offset: int, shape: tuple[int, ...], stored: np.dtype[Any], order: Any) -> Array:
    wanted = math.prod(shape) * stored.itemsize
    if not wanted:
        return np.empty(shape, stored, order)
    try:
        there = Path(path).stat().st_size
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}") from error
    if offset + wanted > there:
        raise FormatError(
            f"wanted {wanted:,} bytes from byte {offset:,} on, and the file ends at {there:,}; cut short?"
        )
    try:
        flat = np.memmap(path, np.uint8, "r", offset, (wanted,))
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: cannot be read: {error}") from error
    return flat.view(np.ndarray).view(stored).reshape(shape, order=order)


class StreamArray(LazyArray):
    """An array that can only be read from the front: inflated, or a member of an archive.

    `begin` returns a stream that stands at the first element. Reading what comes after what was read goes on; reading
    what came before begins anew. `label` is what errors begin with: the file, and what it is there.
    """

    def __init__(
        self,
        begin: Callable[[], Stream],
        shape: tuple[int, ...],
        stored: npt.DTypeLike,
        *,
        dtype: npt.DTypeLike | None = None,
        row_major: bool = False,
        label: str = "it",
    ) -> None:
        self._stored = np.dtype(stored)
        super().__init__(shape, self._stored if dtype is None else dtype)
        self._begin, self._label = begin, label
        self._row_major = row_major
        self._stream: Stream | None = None
        self._position = 0  # in bytes, of the stream

    @property
    def sequential(self) -> bool:
        """It has to be read from the front."""
        return True

    @property
    def row_major(self) -> bool:
        """Whether the first axis is the slowest."""
        return self._row_major

    def read(self, span: Span) -> Array:
        """Return these elements, after all that is before them was passed over."""
        axis = 0 if self._row_major else self.ndim - 1
        if not self.ndim:
            return self._elements(0, 1).reshape(())
        slow = span[axis]
        sizes = list(self.shape)
        sizes[axis] = slow.stop - slow.start
        sample = math.prod(n for k, n in enumerate(self.shape) if k != axis)
        flat = self._elements(slow.start * sample, slow.stop * sample)
        x = flat.reshape(sizes, order="C" if self._row_major else "F")
        inner = tuple(slice(None) if k == axis else s for k, s in enumerate(span))
        return x[inner]

    def _elements(self, start: int, stop: int) -> Array:
        size = self._stored.itemsize
        self._pass_to(start * size)
        assert self._stream is not None  # noqa: S101
        # Not a bytearray, which is filled with zeros first, and whose pages are small.
        view, done = np.empty((stop - start) * size, np.uint8).data, 0
        while done < len(view):
            block = self._next(min(CHUNK, len(view) - done))
            view[done : done + len(block)] = block
            done += len(block)
        return np.frombuffer(view, self._stored).astype(self.dtype, copy=False)

    def _pass_to(self, position: int) -> None:
        if self._stream is None or position < self._position:
            self._stream, self._position = self._begin(), 0
        while self._position < position:
            self._next(min(CHUNK, position - self._position))

    def _next(self, count: int) -> bytes:
        assert self._stream is not None  # noqa: S101
        block = self._stream.read(count)
        if not block:
            raise FormatError(
                f"{self._label}: ends after {self._position:,} bytes of the array, "
                f"{self.size * self._stored.itemsize:,} were wanted"
            )
        self._position += len(block)
        return block
