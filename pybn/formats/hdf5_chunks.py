"""Whole deflated chunks of a dataset, inflated by isal where it is installed: HDF5's library has zlib alone."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from pybn.formats.hdf5_items import FAULTS
from pybn.formats.inflate import ERRORS, igzip, inflater
from pybn.formats.lazy import Array

LEAST = 1 << 14  # bytes of a chunk from which on it is worth it


@dataclass(frozen=True, slots=True)
class Packing:
    """How chunks are packed: their extents, the dtype in the file, and whether bytes are shuffled before they are."""

    chunks: tuple[int, ...]
    dtype: np.dtype[Any]
    shuffled: bool

    @property
    def nbytes(self) -> int:
        """The bytes of a chunk."""
        return math.prod(self.chunks) * self.dtype.itemsize


def packing(dataset: h5py.h5d.DatasetID, memory: np.dtype[Any]) -> Packing | None:
    """Return how a dataset is packed where it is by deflate alone, or shuffled first, in elements of `memory`."""
    plan = dataset.get_create_plist()
    if igzip is None or plan.get_layout() != h5py.h5d.CHUNKED or memory.kind not in "iuf" or memory.metadata:
        return None
    codes = [plan.get_filter(k)[0] for k in range(plan.get_nfilters())]
    deflate, shuffle = h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE
    if codes not in ([deflate], [shuffle, deflate]) or dataset.get_type().dtype != memory:
        return None
    found = Packing(tuple(int(n) for n in plan.get_chunk()), memory, shuffle in codes)
    return found if found.nbytes >= LEAST else None


def unpacked(
    dataset: h5py.h5d.DatasetID, packed: Packing, starts: tuple[int, ...], counts: tuple[int, ...]
) -> Array | None:
    """Return a hyperslab of whole chunks; None for any other, and for chunks that the library has to see to."""
    stops = tuple(start + count for start, count in zip(starts, counts, strict=True))
    ends = zip(starts, stops, packed.chunks, dataset.shape, strict=True)
    if not counts or any(start % n or (stop % n and stop != extent) for start, stop, n, extent in ends):
        return None
    x = np.empty(counts, packed.dtype)
    steps = [range(a, b, n) for a, b, n in zip(starts, stops, packed.chunks, strict=True)]
    for corner in itertools.product(*steps):
        chunk = _chunk(dataset, packed, corner)
        if chunk is None:
            return None
        sizes = [min(n, b - k) for k, n, b in zip(corner, packed.chunks, stops, strict=True)]
        there = tuple(slice(k - a, k - a + n) for k, a, n in zip(corner, starts, sizes, strict=True))
        x[there] = chunk[tuple(slice(n) for n in sizes)]
    return x


def _chunk(dataset: h5py.h5d.DatasetID, packed: Packing, corner: tuple[int, ...]) -> Array | None:
    try:
        skipped, data = dataset.read_direct_chunk(corner)
    except FAULTS:
        return None  # it was never written, or is damaged: the library knows
    if skipped:
        return None
    zlib = inflater()
    try:
        raw = zlib.decompress(data, packed.nbytes)
        more = b"" if zlib.eof else zlib.decompress(b"", 1)
    except ERRORS:
        return None
    if len(raw) != packed.nbytes or more or not zlib.eof:
        return None
    flat = np.frombuffer(raw, np.uint8)
    if packed.shuffled:
        planes = flat.reshape(packed.dtype.itemsize, -1)
        flat = np.empty(flat.size, np.uint8)
        for k, plane in enumerate(planes):
            flat[k :: len(planes)] = plane
    return flat.view(packed.dtype).reshape(packed.chunks)
