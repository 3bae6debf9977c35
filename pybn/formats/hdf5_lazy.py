"""Datasets of HDF5 as lazy arrays: read in hyperslabs, in whole chunks, from this file and from nowhere else."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import h5py
import numpy as np

from pybn.errors import FileError, FormatError
from pybn.formats.hdf5_chunks import packing, unpacked
from pybn.formats.hdf5_items import FAULTS, decode
from pybn.formats.hdf5_stored import Stored, afford
from pybn.formats.lazy import BLOCK, Array, LazyArray, Span
from pybn.formats.matlab import two

LONGEST = 16  # blocks: the most that a row of whole chunks may take before it is cut along more than one axis


@dataclass(frozen=True, slots=True)
class Elements:
    """How elements come out of HDF5: read as `memory`, handed out as `dtype`; of a compound, of one `field`."""

    memory: np.dtype[Any]
    dtype: np.dtype[Any]
    field: str = ""

    def given(self, x: Array) -> Array:
        """Return what was read as what is handed out. Raises FormatError where it cannot be that."""
        if self.field:
            part = x[self.field]
            return np.ascontiguousarray(part).reshape(part.shape)  # which makes one axis of none
        if self.dtype.kind == "b" != self.memory.kind:
            return np.not_equal(x, 0, out=x.view(bool) if x.itemsize == 1 else None)
        if self.memory.names is None or self.dtype.names is not None:
            return x
        real, imag = self.memory.names
        if self.memory[real].kind == "f":
            return x.view(self.dtype)
        if self.memory[real].itemsize == 8 and any(_beyond(x[part]) for part in (real, imag)):
            raise FormatError("complex integers of more than 53 bits, which no dtype of NumPy holds")
        out = np.empty(x.shape, self.dtype)
        out.real, out.imag = x[real], x[imag]
        return out


def _beyond(x: Array) -> bool:
    return bool(np.any(x > 2**53) or (x.dtype.kind == "i" and np.any(x < -(2**53))))


class Hdf5Array(LazyArray):
    """A dataset as an array. With `reverse` the axes are turned round, as MATLAB and Octave have them.

    Errors begin with `where`: the file, and what it is there. A dataset that is `kept` open has its chunks kept
    between reads; of others, which may be very many, nothing is held.
    """

    def __init__(
        self,
        where: tuple[str, str],
        stored: Stored,
        elements: Elements,
        *,
        reverse: bool = False,
        kept: bool = False,
    ) -> None:
        super().__init__(two(stored.shape[::-1]) if reverse else stored.shape, elements.dtype)
        self._where = where
        self._elements, self._reverse = elements, reverse
        self._extents, self._chunks = stored.shape, stored.chunks
        self._packing = packing(stored.id, elements.memory)
        self._open = _kept(stored.id) if kept else _by_reference(stored.id)

    @property
    def row_major(self) -> bool:
        """Whether the first axis is the slowest."""
        return not self._reverse

    def blocks(self, most: int = BLOCK) -> Iterator[Span]:
        """Yield spans of whole chunks: along the slowest axis; along others too, where its chunks are long."""
        if not self.size:
            return
        tile = self._tile(most)
        steps = [range(0, n, step) for n, step in zip(self._extents, tile, strict=True)]
        for starts in itertools.product(*steps):
            spans = zip(starts, tile, self._extents, strict=True)
            yield self._outward(tuple(slice(k, min(k + step, n)) for k, step, n in spans))

    def _tile(self, most: int) -> tuple[int, ...]:
        """Return how far a block goes along each axis of the dataset."""
        extents, chunks = self._extents, self._chunks or (1, *self._extents[1:])
        if not extents:
            return ()
        tile = [min(n, chunk) for n, chunk in zip(extents, chunks, strict=True)]
        row = tile[0] * math.prod(extents[1:]) * self.dtype.itemsize
        if row <= LONGEST * most or not self._chunks:
            return (min(extents[0], tile[0] * max(1, most // row)), *extents[1:])
        for axis in reversed(range(len(extents))):
            size = math.prod(tile) * self.dtype.itemsize
            tile[axis] = min(extents[axis], tile[axis] * max(1, most // size))
            if tile[axis] < extents[axis]:
                break
        return tuple(tile)

    def _outward(self, spans: Span) -> Span:
        return (*spans[::-1], slice(0, 1), slice(0, 1))[: self.ndim] if self._reverse else spans

    def read(self, span: Span) -> Array:
        """Return these elements, of which nothing else is read but the rest of their chunks."""
        shape = tuple(s.stop - s.start for s in span)
        if not math.prod(shape):
            return np.empty(shape, self.dtype)
        inward = span[: len(self._extents)][::-1] if self._reverse else span
        x = self._slab(tuple(s.start for s in inward), tuple(s.stop - s.start for s in inward))
        return x.T.reshape(shape, order="F") if self._reverse else x

    def _slab(self, starts: tuple[int, ...], counts: tuple[int, ...]) -> Array:
        """Return a hyperslab in the order of the dataset's own axes."""
        path, label = self._where
        try:
            dataset = self._open()
        except FAULTS as error:
            raise told(path, label, error) from error
        if not dataset.valid:
            raise FileError(f"{path}: {label}: the file was closed")
        try:
            if self._packing is not None:
                afford(dataset, math.prod(counts) * self._packing.dtype.itemsize)
                x = unpacked(dataset, self._packing, starts, counts)
                if x is not None:
                    return self._elements.given(x)
            return slab(dataset, self._elements, counts, None if counts == self._extents else starts)
        except FAULTS as error:
            raise told(path, place(dataset, label), error) from error


def slab(
    dataset: h5py.h5d.DatasetID, elements: Elements, counts: tuple[int, ...], starts: tuple[int, ...] | None
) -> Array:
    """Return a hyperslab of a dataset, or without `starts` all, in the order of its own axes. Raises FAULTS."""
    memory = elements.memory
    afford(dataset, math.prod(counts) * memory.itemsize)
    x = np.empty(counts, memory)
    if not x.size:
        return elements.given(x)
    memory_type = _numeric(memory) if memory.kind in "iuf" and memory.metadata is None else None
    if starts is None:
        dataset.read(h5py.h5s.ALL, h5py.h5s.ALL, x, memory_type)
    else:
        space = dataset.get_space()
        space.select_hyperslab(starts, counts)
        dataset.read(h5py.h5s.create_simple(counts), space, x, memory_type)
    return elements.given(x)


@lru_cache
def _numeric(dtype: np.dtype[Any]) -> Any:
    return h5py.h5t.py_create(dtype)


def whole(stored: Stored, elements: Elements, *, reverse: bool) -> Array:
    """Return all of a dataset, with its axes turned round where that is asked for. Raises FAULTS."""
    x = slab(stored.id, elements, stored.shape, None)
    return x.T.reshape(two(stored.shape[::-1]), order="F") if reverse else x


def place(item: Any, label: str) -> str:
    """Return where an object is, for an error: what it is called, and where that is not the same, its path in HDF5."""
    with suppress(*FAULTS):
        name = h5py.h5i.get_name(item)  # which looks through the whole file for what was only referred to
        if name and decode(name) != f"/{label}":
            return f"{label} ({decode(name)})"
    return label


def told(path: str, place: str, error: Exception) -> Exception:
    """Return an error of the library as one of ours, which says in which file and where it was met."""
    if isinstance(error, FileError) or (
        isinstance(error, FormatError) and str(error).startswith(f"{path}: ")
    ):
        return error
    said = str(error)
    if not isinstance(error, FormatError):
        said = f"cannot be read: {said[:200] or type(error).__name__}"
    return FormatError(f"{path}: {place}: {said}" if place else f"{path}: {said}")


def _kept(dataset: h5py.h5d.DatasetID) -> Callable[[], Any]:
    return lambda: dataset


def _by_reference(dataset: h5py.h5d.DatasetID) -> Callable[[], Any]:
    """Return what opens a dataset anew, for as long as its file is open."""
    file = h5py.h5i.get_file_id(dataset)
    reference = h5py.h5r.create(dataset, b".", h5py.h5r.OBJECT)
    return lambda: h5py.h5r.dereference(reference, file) if file.valid else file
