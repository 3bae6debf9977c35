"""What all readers of HDF5 share: one file, its members as values, and bounds on what is in what."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import h5py
import numpy as np

from pybn.errors import FormatError
from pybn.formats.hdf5_items import FAULTS, Link, links, opened, wrapped
from pybn.formats.hdf5_lazy import Elements, Hdf5Array, place, told, whole
from pybn.formats.hdf5_stored import Stored, cache_size
from pybn.formats.lazy import InMemory

DEEPEST = 64  # levels of cells and structs
MOST = 1_000_000  # values in one value, and one more for each 8 bytes of the file
CACHE = 32 << 20  # bytes of chunks that an array at the top of a file keeps, at most
SLOTS = 521
LEAST_LAZY = (
    64 << 10
)  # bytes of an array in a struct or cell from which on it is read only when it is asked for
MOST_READ = 64 << 20  # bytes of those that are read at once, in one value


class Bounds:
    """Keeps what is in a value finite: nothing holds itself, is too deep, or made of more than a file can list.

    What is met again, as MATLAB's empties are, is decoded once and counted each time.
    """

    def __init__(self, most: int) -> None:
        self._most, self._count, self._read = most, 0, 0
        self._within: set[int] = set()
        self._known: dict[int, tuple[Any, int]] = {}

    def value(self, item: Any, decode: Callable[[], Any]) -> Any:
        """Return what `decode` makes of an object of the file. Raises FormatError."""
        address = int(h5py.h5o.get_info(item.id).addr)
        if address in self._known:
            value, size = self._known[address]
            self.count(size)
            return value
        if address in self._within:
            raise FormatError("holds itself")
        if len(self._within) > DEEPEST:
            raise FormatError(f"wanted at most {DEEPEST} levels of cells and structs")
        before = self._count
        self.count(1)
        self._within.add(address)
        value = decode()
        self._within.remove(address)
        self._known[address] = value, self._count - before
        return value

    def count(self, more: int) -> None:
        """Count values. Raises FormatError where they are too many."""
        self._count += more
        if self._count > self._most:
            raise FormatError(f"wanted at most {self._most:,} values in one")

    def reads(self, size: int) -> bool:
        """Say whether an array of so many bytes in a struct or cell is to be read at once."""
        if size >= LEAST_LAZY or self._read + size > MOST_READ:
            return False
        self._read += size
        return True


class Hdf5Reader(ABC):
    """A file of HDF5 whose values are read when they are asked for. A dialect says what they are."""

    kind: ClassVar[str]
    row_major: ClassVar[bool] = False

    def __init__(self, path: str, file: h5py.File) -> None:
        self.path, self.file = path, file
        self.bounds = self._bounds()
        self.links = {link.name: link for link in self.top()}

    def _bounds(self) -> Bounds:
        return Bounds(MOST + self.file.id.get_filesize() // 8)

    def top(self) -> list[Link]:
        """Return the links that stand at the top."""
        root = self.file["/"]
        return links(root, len(root))

    def home(self, name: str) -> h5py.Group:  # noqa: ARG002
        """Return the group that a link at the top is in."""
        return self.file["/"]

    def names(self) -> list[str]:
        """Return the names of what is in the file, links that are not followed among them."""
        return list(self.links)

    def value(self, name: str) -> Any:
        """Return one of them. Raises FormatError, naming the file and the place in it."""
        try:
            item = self.cached(self.home(name), self.links[name])
        except FAULTS as error:
            raise told(self.path, f"/{name}", error) from error
        self.bounds = self._bounds()
        value = self.decoded(item, name, top=True)
        numbers = isinstance(value, np.ndarray) and value.dtype.kind in "biufc"
        return InMemory(value) if numbers else value

    def member(self, group: h5py.Group, link: Link) -> Any:
        """Return the object that is a member proper of a group. Raises FormatError for links."""
        if link.type:
            raise FormatError(f"a{'n' * link.type.startswith('e')} {link.type} {link.target}")
        return opened(group, link)

    def cached(self, group: h5py.Group, link: Link) -> Any:
        """Return a member as `member` does, where it is compressed with room for the chunks of one sample."""
        item = self.member(group, link)
        if link.type or not isinstance(item, h5py.Dataset) or not item.chunks:
            return item
        plan = h5py.h5p.create(h5py.h5p.DATASET_ACCESS)
        plan.set_chunk_cache(SLOTS, cache_size(item, CACHE), 0.75)
        item.id.close()  # of what is open already the library keeps the cache that it has
        return h5py.Dataset(h5py.h5d.open(group.id, link.raw, plan))

    def within(self, group: h5py.Group) -> list[Link]:
        """Return the links of a group, which count as values."""
        self.bounds.count(len(group))
        return links(group, len(group))

    def decoded(self, item: Any, label: str, *, top: bool = False) -> Any:
        """Return what an object stands for. Raises FormatError, naming the label and the path in the file."""
        try:
            return self.bounds.value(item, lambda: self.of(item, label, top=top))
        except FAULTS as error:
            raise told(self.path, place(item.id, label), error) from error

    def array(self, dataset: h5py.Dataset, elements: Elements, label: str, *, top: bool) -> Any:
        """Return a dataset as an array: lazy at the top and where it is large, else as it is."""
        stored, turned = Stored(dataset), not self.row_major
        if not top and self.bounds.reads(math.prod(stored.shape) * elements.dtype.itemsize):
            return whole(stored, elements, reverse=turned)
        return Hdf5Array((self.path, label), stored, elements, reverse=turned, kept=top)

    def whole(self, dataset: h5py.Dataset, dtype: np.dtype[Any] | None = None) -> Any:
        """Return all of a dataset that is part of a value, as it is or of a dtype. Raises FAULTS."""
        stored = Stored(dataset)
        stored.whole()
        elements = Elements(dtype or dataset.dtype, dtype or dataset.dtype)
        return whole(stored, elements, reverse=not self.row_major)

    def referred(self, reference: Any) -> Any:
        """Return the object that a reference is to. Raises FAULTS."""
        return wrapped(h5py.h5r.dereference(reference, self.file.id))

    @abstractmethod
    def of(self, item: Any, label: str, *, top: bool) -> Any:
        """Return what an object stands for; of arrays at the top of the file chunks are kept. Raises FAULTS."""

    def axes(self, name: str) -> tuple[str, ...] | None:  # noqa: ARG002
        """Return the names of the axes of an array, where the file has them."""
        return None

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()
