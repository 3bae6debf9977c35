"""The bytes of a file that Octave saved, from any place on; inflated where `save -zip` made it."""

from __future__ import annotations

import math
import mmap
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pybn.errors import FileError, FormatError
from pybn.formats.flat import CHUNK, StreamArray
from pybn.formats.inflate import ERRORS, gunzipper
from pybn.formats.lazy import LazyArray
from pybn.formats.octave_arrays import Viewed

GZIP = b"\x1f\x8b"


class Bytes(Protocol):
    """Bytes from some place on."""

    position: int

    def read(self, count: int, /) -> bytes:
        """Return at most this many of the next bytes, none at the end. Raises FormatError where they are damaged."""


class Source:
    """A file as bytes. Raises FileError where the system does not give it."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            with Path(path).open("rb") as file:
                # Mapped, because a map goes with the last that needs it, and a file would have to be closed.
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise FileError(f"{path}: cannot be read: {error}") from error
        self.packed = self._map[:2] == GZIP

    @property
    def size(self) -> int | None:
        """How many bytes there are, None where that is not known before they are inflated."""
        return None if self.packed else len(self._map)

    def begin(self, position: int = 0) -> Bytes:
        """Return the bytes from a position on."""
        if not self.packed:
            return Mapped(self._map, position)
        found = Inflated(self._map)
        while found.position < position:
            if not found.read(min(CHUNK, position - found.position)):
                raise FormatError(f"{self.path}: ends at byte {found.position:,}")
        return found

    def array(
        self, position: int, shape: tuple[int, ...], stored: np.dtype[Any], dtype: np.dtype[Any]
    ) -> LazyArray:
        """Return the array in Fortran order that begins at a position, whose bytes are known to be there."""
        if self.packed:
            return StreamArray(lambda: self.begin(position), shape, stored, dtype=dtype)
        x = np.frombuffer(self._map, stored, math.prod(shape), position)
        return Viewed(x.reshape(shape, order="F"), dtype)


class Mapped:
    """The bytes of a map."""

    def __init__(self, data: mmap.mmap, position: int) -> None:
        self._data, self.position = data, position

    def read(self, count: int, /) -> bytes:
        """Return at most this many of the next bytes."""
        block = self._data[self.position : self.position + count]
        self.position += len(block)
        return block


class Inflated:
    """What inflates of a map of gzip's: one stream, or several one after the other."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data, self._at = data, 0
        self.position = 0
        self._inflater = gunzipper()

    def read(self, count: int, /) -> bytes:
        """Return at most this many of the next bytes. Raises FormatError where they do not inflate."""
        try:
            block = self._more(count)
        except ERRORS as error:
            raise FormatError(f"cannot be inflated after {self.position:,} bytes: {error}") from error
        self.position += len(block)
        return block

    def _more(self, count: int) -> bytes:
        while count:
            if self._inflater.eof:
                left = len(self._inflater.unused_data)
                rest = self._data[self._at - left : self._at - left + 2]
                if rest != GZIP:
                    return b""
                self._at, self._inflater = self._at - left, gunzipper()
            given = b""
            if self._inflater.needs_input:
                given = self._data[self._at : self._at + (1 << 16)]
                self._at += len(given)
                if not given:
                    raise FormatError(
                        f"breaks off after {self.position:,} bytes that were inflated; cut short?"
                    )
            if block := self._inflater.decompress(given, count):
                return block
        return b""
