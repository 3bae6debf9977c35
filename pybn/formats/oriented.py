"""An array of a file as it is to be written: its axes in another order, its elements of another dtype."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from pybn.errors import DTypeError
from pybn.formats.flat import MappedArray
from pybn.formats.lazy import BLOCK, Array, LazyArray, Span

WIDE = 64 << 20  # bytes in hand where a block of the target takes elements from everywhere in the source


class Oriented(LazyArray):
    """`source` with its axes transposed by `order`, and trailing axes of 1 appended to make it `rank` first.

    Read in blocks along its first axis, which are the runs of a file in C order. `dtype` casts each element as NumPy
    does, and refuses what would change a value: a number that does not fit, a fraction, a NaN.
    """

    def __init__(
        self, source: LazyArray, order: tuple[int, ...] | None = None, dtype: npt.DTypeLike | None = None
    ) -> None:
        rank = source.ndim if order is None else len(order)
        shape = source.shape + (1,) * (rank - source.ndim)
        self.order = tuple(range(rank)) if order is None else order
        super().__init__(tuple(shape[k] for k in self.order), source.dtype if dtype is None else dtype)
        self.source = source

    @property
    def row_major(self) -> bool:
        """Its blocks run along the first axis."""
        return True

    @property
    def sequential(self) -> bool:
        """Whether blocks have to be asked for from the front."""
        return self.source.sequential

    @property
    def along(self) -> bool:
        """Whether its first axis is the slowest of the source: then a block is one run of the source's file."""
        if self.source.size == self.source.shape[self._slowest] if self.source.ndim else True:
            return True
        return self.order[0] == self._slowest

    @property
    def _slowest(self) -> int:
        return 0 if self.source.row_major else self.source.ndim - 1

    def blocks(self, most: int = BLOCK) -> Iterator[Span]:
        """Yield spans along the first axis; of more bytes where each takes from the whole of the source."""
        yield from super().blocks(most if self.along else max(most, WIDE))

    def read(self, span: Span) -> Array:
        """Return these elements, in C order."""
        spans = [slice(0, 1)] * len(self.order)
        for axis, each in zip(self.order, span, strict=True):
            spans[axis] = each
        read = self.source.read(tuple(spans[: self.source.ndim]))
        whole = read.reshape(tuple(s.stop - s.start for s in spans), order="A")
        made = cast(whole.transpose(self.order), self.dtype)
        return np.ascontiguousarray(made).reshape(made.shape)  # which makes one axis of none


def cast(x: Array, dtype: np.dtype[np.generic]) -> Array:
    """Return x as this dtype. Raises DTypeError where a value is no longer the same, rounding to floats aside."""
    if x.dtype == dtype:
        return x
    with np.errstate(all="ignore"):
        made = x.astype(dtype)
    if dtype.kind in "fc" and x.dtype.kind in "biuf":
        lost = x.dtype.kind == "f" and bool(np.any(np.isinf(made) & np.isfinite(x)))
    else:
        lost = not np.array_equal(made.astype(x.dtype), x, equal_nan=x.dtype.kind in "fc")
    if lost:
        raise DTypeError(
            f"not all values of {x.dtype} can be had as {dtype}: some do not fit or have a fraction"
        )
    return made


class Spilled:
    """Sequential arrays that have to be read in another order are written out beside the target first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            with suppress(OSError):
                file.unlink()

    def __call__(self, x: Oriented) -> Oriented:
        """Return the same array, of a source that can be read anywhere."""
        if not x.sequential or x.along or not x.size:
            return x
        handle, name = tempfile.mkstemp(prefix=".pybn-", suffix=".tmp", dir=self._folder)
        file = Path(name)
        self._files.append(file)
        source, rows = x.source, x.source.row_major
        with os.fdopen(handle, "wb") as out:
            for span in source.blocks():
                out.write(source.read(span).tobytes(order="C" if rows else "F"))
        there = MappedArray(name, 0, source.shape, source.dtype, row_major=rows)
        return Oriented(there, x.order, x.dtype)
