"""Bytes of a MATLAB variable, straight from the file or inflated on the way, no more than are asked for."""

from __future__ import annotations

import zlib
from typing import BinaryIO, Protocol

from pybn.errors import FormatError

BLOCK = 1 << 16
MAX_INFLATED = 1 << 30


class BudgetError(Exception):
    """Going on would inflate more than this file is given."""


class Source(Protocol):
    """A run of bytes that is read once, from front to back."""

    position: int

    def read(self, count: int) -> bytes:
        """Return the next `count` bytes. Raises FormatError where they are not there."""

    def skip(self, count: int) -> None:
        """Pass over `count` bytes."""


class Stored:
    """`size` bytes of a file from where it stands."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.position = 0
        self._file, self._size = file, size

    def read(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        self._advance(count)
        data = self._file.read(count)
        if len(data) != count:
            raise FormatError("it ends in the middle of a variable; is it a download that was cut short?")
        return data

    def skip(self, count: int) -> None:
        """Pass over `count` bytes without reading them."""
        self._advance(count)
        self._file.seek(count, 1)

    def _advance(self, count: int) -> None:
        self.position += count
        if self.position > self._size:
            raise FormatError("a variable holds more than its own length; the file is damaged")


class Inflated:
    """What `size` compressed bytes of a file, from where it stands, inflate to."""

    def __init__(self, file: BinaryIO, size: int, budget: list[int]) -> None:
        """Take every inflated byte from `budget[0]`, which variables of one file share."""
        self.position = 0
        self._file, self._left, self._budget = file, size, budget
        self._zlib = zlib.decompressobj()

    def read(self, count: int) -> bytes:
        """Return the next `count` bytes. Raises BudgetError where the budget does not hold them."""
        blocks = []
        while count:
            block = self._next(count)
            blocks.append(block)
            count -= len(block)
        return b"".join(blocks)

    def skip(self, count: int) -> None:
        """Pass over `count` bytes, keeping none."""
        while count:
            count -= len(self._next(min(count, BLOCK)))

    def _next(self, most: int) -> bytes:
        if most > self._budget[0]:
            raise BudgetError
        while True:
            data = self._zlib.unconsumed_tail or self._more()
            try:
                block = self._zlib.decompress(data, most)
            except zlib.error as error:
                raise FormatError(f"a compressed variable is damaged: {error}") from error
            if block:
                self._budget[0] -= len(block)
                self.position += len(block)
                return block
            if self._zlib.eof or not data:
                raise FormatError("a compressed variable ends too early; the file is damaged")

    def _more(self) -> bytes:
        # A header is a few hundred bytes: the first block is small, so that listing a big file stays cheap.
        data = self._file.read(min(self._left, BLOCK if self.position else 1024))
        self._left -= len(data)
        return data
