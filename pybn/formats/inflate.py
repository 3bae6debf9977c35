"""Inflating, by isal where it is installed and by Python's zlib where it is not; both check what they inflated."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, cast

# An extra: without it, nothing but the time differs.
igzip: Any = import_module("isal.igzip_lib") if find_spec("isal") else None
crc32: Callable[..., int] = import_module("isal.isal_zlib").crc32 if igzip else zlib.crc32

ERRORS: tuple[type[Exception], ...] = (zlib.error, *([] if igzip is None else [igzip.IsalError]))

MOST = 1032  # times the size of what is compressed: no more than this can come of it, by how deflate is made


class Inflater(Protocol):
    """What inflates a zlib stream that comes in pieces."""

    @property
    def eof(self) -> bool:
        """Whether the stream has come to its end, and its checksum was right."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing is left of what was given before."""

    @property
    def unused_data(self) -> bytes:
        """What was given and is behind the end of the stream."""

    def decompress(self, data: bytes, most: int, /) -> bytes:
        """Take more of the stream, or b"", and return at most `most` bytes. Raises one of ERRORS."""


class Zlib:
    """Python's zlib, used as isal's is."""

    def __init__(self, window: int = zlib.MAX_WBITS) -> None:
        self._zlib = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        """Whether the stream has come to its end."""
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        """Whether nothing is left of what was given before."""
        return not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        """What was given and is behind the end of the stream."""
        return self._zlib.unused_data

    def decompress(self, data: bytes, most: int, /) -> bytes:
        """Take more of the stream, or b"", and return at most `most` bytes."""
        return self._zlib.decompress(self._zlib.unconsumed_tail or data, most)


def inflater() -> Inflater:
    """Return the faster of those that are there."""
    if igzip is None:
        return Zlib()
    return cast("Inflater", igzip.IgzipDecompressor(flag=igzip.DECOMP_ZLIB))


def gunzipper() -> Inflater:
    """Return what inflates one stream of gzip's, its header and its checksum with it."""
    if igzip is None:
        return Zlib(16 + zlib.MAX_WBITS)
    return cast("Inflater", igzip.IgzipDecompressor(flag=igzip.DECOMP_GZIP))
