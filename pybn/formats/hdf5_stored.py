"""What a dataset of HDF5 says it holds, held against what is there, before a byte of it is read."""

from __future__ import annotations

import math
from typing import Any

import h5py

from pybn.errors import FormatError
from pybn.formats.hdf5_heaps import refuse_endless, varies
from pybn.formats.hdf5_items import outside

SMALL = 64 << 20  # bytes that are not worth a doubt
UNWRITTEN = 1 << 30  # bytes of elements that were never written which are made up at a time
RATIO = 1 << 20  # to one: more than any file says that really holds something
CHECKSUM = 4  # bytes of that of fletcher32
DEFLATE = 1032  # to one: the most that deflate makes of zeros
FILTERS = {1: "deflate", 2: "shuffle", 3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset", 32000: "lzf"}
FILTERS |= {307: "bzip2", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32015: "zstd"}
FILTERS |= {32017: "sz", 32018: "fcidecomp", 32022: "flac", 32024: "sz3", 32026: "blosc2"}


class Stored:
    """A dataset whose values are in this file, in bytes that can be read. Raises FormatError for any other.

    shape, chunks  its extents and, where it has them, those of its chunks, in its own order of axes
    """

    def __init__(self, dataset: h5py.Dataset) -> None:
        self.id = dataset.id
        self.dataset = dataset
        kind = self.id.get_type()
        self._item = kind.get_size()
        if varies(kind):
            refuse_endless(dataset)
        plan = self.id.get_create_plist()
        self._layout = plan.get_layout()
        self._refuse_elsewhere(plan)
        _refuse_filters(plan)
        space = self.id.get_space()
        if space.get_simple_extent_type() == h5py.h5s.NULL:
            raise FormatError("a dataset without values")
        self.shape: tuple[int, ...] = space.get_simple_extent_dims()
        self.chunks: tuple[int, ...] | None = None
        if self._layout == h5py.h5d.CHUNKED:
            self.chunks = tuple(int(n) for n in plan.get_chunk())
            self._refuse_short(plan)
        self._declared = math.prod(self.shape) * self._item
        self._refuse_lies()

    def _refuse_elsewhere(self, plan: Any) -> None:
        if self._layout == h5py.h5d.VIRTUAL or (
            self._layout == h5py.h5d.CONTIGUOUS and plan.get_external_count()
        ):
            raise FormatError(f"{outside(self.dataset)}; copy it into one file first, with h5repack")

    def _refuse_short(self, plan: Any) -> None:
        """Raise FormatError for a chunk shorter than its checksum, past which the library would read."""
        codes = [plan.get_filter(k)[0] for k in range(plan.get_nfilters())]
        if h5py.h5z.FILTER_FLETCHER32 in codes:
            short = self.id.chunk_iter(lambda chunk: chunk if chunk.size < CHECKSUM else None)
            if short is not None:
                raise FormatError(f"a chunk, at byte {short.byte_offset:,}, is shorter than its checksum")

    def _refuse_lies(self) -> None:
        if max(self._declared, self.chunk_bytes) <= SMALL:
            return
        there = h5py.h5i.get_file_id(self.id).get_filesize()
        stored = self.id.get_storage_size()
        if stored > there:
            raise FormatError(f"says that it takes {stored:,} bytes in a file of {there:,}; cut short?")
        if self._layout != h5py.h5d.CHUNKED and 0 < stored < self._declared:
            raise FormatError(f"declares {self._declared:,} bytes and stores {stored:,}")
        if self._declared > UNWRITTEN and self._declared > RATIO * there:
            raise FormatError(f"declares {self._declared:,} bytes in a file of {there:,}")
        if self.chunk_bytes > SMALL and 0 < DEFLATE * stored < self.chunk_bytes:
            raise FormatError(f"declares chunks of {self.chunk_bytes:,} bytes and stores {stored:,}")

    @property
    def chunk_bytes(self) -> int:
        """The bytes of a whole chunk, 0 where there are none."""
        return math.prod(self.chunks) * self._item if self.chunks else 0

    def whole(self) -> None:
        """Raise FormatError where reading all at once would cost far more than what is stored."""
        if self._declared > SMALL and self._declared > DEFLATE * self.id.get_storage_size():
            raise FormatError(f"declares {self._declared:,} bytes and stores {self.id.get_storage_size():,}")


def afford(dataset: h5py.h5d.DatasetID, wanted: int) -> None:
    """Raise FormatError where so many bytes can be read only by making up most of them."""
    if wanted <= UNWRITTEN:
        return
    written = dataset.get_storage_size()
    plan = dataset.get_create_plist()
    if plan.get_layout() == h5py.h5d.CHUNKED:
        written = dataset.get_num_chunks() * math.prod(plan.get_chunk()) * dataset.get_type().get_size()
    if wanted > written + UNWRITTEN:
        raise FormatError(
            f"wanted {wanted:,} bytes, of which at most {written:,} were ever written; read it in parts"
        )


def cache_size(dataset: h5py.Dataset, most: int) -> int:
    """Return the bytes of chunks that are worth keeping: all those of one index along the first axis, or one, or none.

    Chunks that are not compressed are read from the file's own pages as fast.
    """
    if not dataset.id.get_create_plist().get_nfilters():
        return 0
    chunk = math.prod(dataset.chunks) * dataset.id.get_type().get_size()
    across = [-(-n // c) for n, c in zip(dataset.shape[1:], dataset.chunks[1:], strict=True)]
    row = chunk * math.prod(across)
    return next((size for size in (row, chunk) if size <= most), 0)


def _refuse_filters(plan: Any) -> None:
    for k in range(plan.get_nfilters()):
        code, _, _, name = plan.get_filter(k)
        if not h5py.h5z.filter_avail(code):
            called = FILTERS.get(code) or name.decode("utf-8", "replace") or "unknown"
            raise FormatError(
                f"is compressed by the HDF5 filter {code} ({called}), which is not installed; "
                "the package hdf5plugin may have it"
            )
