"""Numeric arrays of compressed variables of level 5 .mat files, inflated as far as they are asked for."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from functools import cache, partial
from typing import BinaryIO, cast

from pybn.formats.flat import Stream, StreamArray
from pybn.formats.lazy import LazyArray
from pybn.formats.mat5_elements import Elements, Head, Tag, Variable
from pybn.formats.mat5_values import dtype_of, stored
from pybn.formats.mat_numbers import InClass, widens
from pybn.formats.mat_source import Inflated, located, reading


class Packed:
    """A compressed variable of a file, of which `array` was read from the start."""

    def __init__(self, path: str, variable: Variable, array: Elements) -> None:
        self._path, self._variable = path, variable
        self.where, self.order, self.end = array.where, array.order, array.end
        self._parked: Inflated | None = None

    def numbers(self, array: Elements, head: Head, tag: Tag) -> LazyArray:
        """Return the numeric array of which the head and the tag of the (real) values were read."""
        dtype, first, start = dtype_of(head), stored(array, tag, head.shape), array.source.position
        begin = self._run(start, tag[1], last=not head.complex)
        if not head.complex and widens(first, dtype):
            return StreamArray(begin, head.shape, first, dtype=dtype)
        behind = start + tag[1] + -tag[1] % 8
        imaginary = cache(partial(self._imaginary, head.shape, behind)) if head.complex else None
        return InClass(head.shape, dtype, StreamArray(begin, head.shape, first), imaginary, self.where)

    def _imaginary(self, shape: tuple[int, ...], position: int) -> LazyArray:
        """Return the second part, whose tag, behind the first, says what it is stored as."""
        source = self._at(position)
        with located(source, self.where):
            array = Elements(source, self.end - position, self.order)
            tag = array.tag()
            dtype, start = stored(array, tag, shape), source.position
        self._parked = source
        return StreamArray(self._run(start, tag[1], last=True), shape, dtype)

    def _run(self, start: int, length: int, *, last: bool) -> Callable[[], Stream]:
        """Return what begins to read `length` bytes from byte `start` of what is inflated."""
        return lambda: _Run(self, self._at(start), length, last=last)

    def _at(self, position: int) -> Inflated:
        """Return a source that stands there: one that was left on the way, or else a new one."""
        source, self._parked = self._parked, None
        if source is None or source.position > position:
            source = self._begin()
        with located(source, self.where):
            source.skip(position - source.position)
        return source

    def _begin(self) -> Inflated:
        with reading(self._path) as file:
            # Mapped, because a map goes with the last that needs it, and a file would have to be closed.
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        data.seek(self._variable.position + 8)
        return Inflated(cast("BinaryIO", data), self._variable.length)

    def ended(self, source: Inflated, *, last: bool) -> None:
        """Take a source back that came to the end of a run; behind the last one is the checksum."""
        if last:
            source.skip(max(0, self.end - source.position))
            source.finish()
        else:
            self._parked = source


class _Run:
    """A run of bytes of what is inflated."""

    def __init__(self, packed: Packed, source: Inflated, length: int, *, last: bool) -> None:
        self._packed, self._source, self._left, self._last = packed, source, length, last

    def read(self, count: int, /) -> bytes:
        """Return some of the next bytes, at most `count`, none at the end."""
        if not self._left:
            return b""
        with located(self._source, self._packed.where):
            block = self._source.some(min(count, self._left))
            self._left -= len(block)
            if not self._left:
                self._packed.ended(self._source, last=self._last)
        return block
