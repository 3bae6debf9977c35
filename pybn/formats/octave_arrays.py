"""Arrays that Octave keeps in fewer bytes than they have elements, as arrays that are made when they are asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats.lazy import Array, LazyArray, Span


class Viewed(LazyArray):
    """An array in a map of a file, in Fortran order, of which what is asked for is copied."""

    def __init__(self, x: Array, dtype: np.dtype[Any]) -> None:
        super().__init__(x.shape, dtype)
        self._x = x

    def read(self, span: Span) -> Array:
        """Return a copy of these elements."""
        return self._x[span].astype(self.dtype, order="K", copy=True)


class Pairs(LazyArray):
    """Complex numbers that are kept as pairs of integers: an array of two and the shape."""

    def __init__(self, pairs: LazyArray, dtype: np.dtype[Any]) -> None:
        super().__init__(pairs.shape[1:], dtype)
        self._pairs = pairs

    @property
    def sequential(self) -> bool:
        """Whether they have to be read from the front on."""
        return self._pairs.sequential

    def read(self, span: Span) -> Array:
        """Return these elements."""
        real, imaginary = self._pairs.read((slice(0, 2), *span))
        x = np.empty(real.shape, self.dtype, order="F")
        x.real, x.imag = real, imaginary
        return x


class Scattered(LazyArray):
    """A matrix that is zero but for a value at most in each row: a diagonal one, or a permutation."""

    def __init__(self, rows: Array, columns: Array, values: Array, shape: tuple[int, int]) -> None:
        super().__init__(shape, values.dtype)
        self._at, self._values = (rows, columns), values

    def read(self, span: Span) -> Array:
        """Return these elements."""
        x = np.zeros([s.stop - s.start for s in span], self.dtype, order="F")
        pairs = list(zip(self._at, span, strict=True))
        here = np.all([(at >= s.start) & (at < s.stop) for at, s in pairs], axis=0)
        x[tuple(at[here] - s.start for at, s in pairs)] = self._values[here]
        return x


def diagonal(values: Array, shape: tuple[int, int]) -> LazyArray:
    """Return a matrix with these values from its first corner on. Raises FormatError where they are not as many."""
    if values.size != min(shape):
        raise FormatError(f"a diagonal matrix of {shape[0]}x{shape[1]} with {values.size:,} values")
    at = np.arange(values.size)
    return Scattered(at, at, values, shape)


def permutation(places: Array, *, by_column: bool) -> LazyArray:
    """Return the matrix of a permutation, given for each column the row that it has a 1 in, or the other way round.

    Raises FormatError where it is none.
    """
    count = places.size
    if not np.array_equal(np.sort(places), np.arange(count)):
        raise FormatError(f"a permutation of {count:,} that is none")
    at = np.arange(count)
    rows, columns = (places, at) if by_column else (at, places)
    return Scattered(rows, columns, np.ones(count), (count, count))
