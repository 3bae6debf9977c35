"""Bytes of a MATLAB variable, straight from the file or inflated on the way, no more than are asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from pybn.errors import FileError, FormatError
from pybn.formats.inflate import ERRORS, inflater

FIRST = 1 << 10  # a header is a few hundred bytes: listing a big file stays cheap
BLOCK = 1 << 16
AHEAD = 1 << 12  # bytes that are inflated at least: many elements have eight
PASSED = 1 << 20  # bytes that are passed over at a time
MAX_INFLATED = 1 << 30
_PLACED = re.compile(r"\(at byte [^()]+\)$")


class BudgetError(Exception):
    """Going on would inflate more than this file is given."""


class Source(Protocol):
    """A run of bytes that is read once, from front to back."""

    position: int

    def read(self, count: int) -> bytes:
        """Return the next `count` bytes. Raises FormatError where they are not there."""

    def peek(self, count: int) -> bytes:
        """Return what `read` would, and stay."""

    def fill(self, target: memoryview) -> None:
        """Put the next bytes there."""

    def skip(self, count: int) -> None:
        """Pass over `count` bytes."""

    def where(self) -> str:
        """Say which byte is the next one."""


@contextmanager
def reading(path: str) -> Iterator[BinaryIO]:
    """Open a file to be read. Raises FileError, naming it, where the system does not let it be read."""
    try:
        with Path(path).open("rb") as file:
            yield file
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}") from error


@contextmanager
def located(source: Source, where: str = "") -> Iterator[None]:
    """Say at which byte of the source a FormatError was raised, unless it says so, after `where`."""
    try:
        yield
    except FormatError as error:
        place = "" if _PLACED.search(str(error)) else f" (at {source.where()})"
        raise FormatError(f"{where}{where and ': '}{error}{place}") from error


class Stored:
    """`size` bytes of a file from where it stands; `path` is that of the file, where it may be mapped."""

    def __init__(self, file: BinaryIO, size: int, path: str = "") -> None:
        self.position = 0
        self.start, self.path = file.tell(), path
        self._file, self._size = file, size

    def read(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        self._advance(count)
        data = self._file.read(count)
        if len(data) != count:
            raise FormatError("it ends in the middle of a variable; is it a download that was cut short?")
        return data

    def peek(self, count: int) -> bytes:
        """Return what `read` would, and stay."""
        data = self.read(count)
        self._file.seek(-count, 1)
        self.position -= count
        return data

    def fill(self, target: memoryview) -> None:
        """Put the next bytes there."""
        target[:] = self.read(len(target))

    def skip(self, count: int) -> None:
        """Pass over `count` bytes without reading them."""
        self._advance(count)
        self._file.seek(count, 1)

    def where(self) -> str:
        """Say which byte is the next one."""
        return f"byte {self.start + self.position:,}"

    def _advance(self, count: int) -> None:
        self.position += count
        if self.position > self._size:
            raise FormatError("a variable holds more than its own length; the file is damaged")


class Inflated:
    """What `size` compressed bytes of a file, from where it stands, inflate to."""

    def __init__(self, file: BinaryIO, size: int, budget: list[int] | None = None) -> None:
        """Take every inflated byte from `budget[0]`, where variables of one file share one."""
        self.position = 0
        self._start = file.tell()
        self._file, self._left, self._budget = file, size, budget
        self._inflater = inflater()
        self._ahead = b""  # inflated, and not taken yet

    def read(self, count: int) -> bytes:
        """Return the next `count` bytes. Raises BudgetError where the budget does not hold them."""
        blocks = [self.some(count)] if count else []
        while (left := count - sum(map(len, blocks))) > 0:
            blocks.append(self.some(left))
        return blocks[0] if len(blocks) == 1 else b"".join(blocks)

    def peek(self, count: int) -> bytes:
        """Return what `read` would, and stay."""
        while len(self._ahead) < count:
            block = self._inflate(AHEAD)
            if not block:
                raise FormatError("a compressed variable ends too early; the file is damaged")
            self._ahead += block
        return self._ahead[:count]

    def fill(self, target: memoryview) -> None:
        """Put the next bytes there."""
        done = 0
        while done < len(target):
            block = self.some(len(target) - done)
            target[done : done + len(block)] = block
            done += len(block)

    def skip(self, count: int) -> None:
        """Pass over `count` bytes, keeping none."""
        while count:
            count -= len(self.some(min(count, PASSED)))

    def where(self) -> str:
        """Say which byte is the next one."""
        return f"byte {self.position:,} of what is compressed at byte {self._start:,}"

    def some(self, most: int) -> bytes:
        """Return some of the next bytes, as many as are at hand: one or more, and at most `most`."""
        if self._budget is not None and most > self._budget[0]:
            raise BudgetError
        block = self._next(most)
        if not block:
            raise FormatError("a compressed variable ends too early; the file is damaged")
        if self._budget is not None:
            self._budget[0] -= len(block)
        self.position += len(block)
        return block

    def finish(self) -> None:
        """Come to the end, which is where the checksum is. Raises FormatError where it is wrong, or not there."""
        if self._next(1):
            raise FormatError("a compressed variable goes on after its end; the file is damaged")

    def _next(self, most: int) -> bytes:
        """Return some bytes, none at the end of the stream."""
        if not self._ahead:
            if most >= AHEAD:
                return self._inflate(most)
            self._ahead = self._inflate(AHEAD)
        block, self._ahead = self._ahead[:most], self._ahead[most:]
        return block

    def _inflate(self, most: int) -> bytes:
        while not self._inflater.eof:
            data = self._more() if self._inflater.needs_input else b""
            last = not data and self._inflater.needs_input
            try:
                block = self._inflater.decompress(data, most)
            except ERRORS as error:
                raise FormatError(f"a compressed variable is damaged: {error}") from error
            if block:
                return block
            if last and not self._inflater.eof:
                raise FormatError("a compressed variable ends too early; the file is damaged")
        return b""

    def _more(self) -> bytes:
        data = self._file.read(min(self._left, BLOCK if self.position else FIRST))
        self._left -= len(data)
        return data
