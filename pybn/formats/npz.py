"""NumPy's .npz archives: arrays that are read one at a time, from the front. No pickle is ever loaded."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from functools import partial
from typing import IO

from pybn.errors import FormatError
from pybn.formats.flat import StreamArray
from pybn.formats.lazy import LazyArray
from pybn.formats.npy import header

# What zipfile raises on a damaged archive; an OSError where it seeks to before the file.
FAULTS: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    EOFError,
    RuntimeError,
    ValueError,
    KeyError,
    IndexError,
    OverflowError,
    OSError,
)


class _Member:
    """The bytes of a member, errors told as ours."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file, self._name = file, name

    def read(self, count: int, /) -> bytes:
        """Return the next bytes."""
        try:
            return self._file.read(count)
        except FAULTS as error:
            raise FormatError(f"{self._name}: is damaged: {error}") from error


class NpzReader:
    """The arrays of an archive, by their members' names less .npy."""

    kind = "NumPy .npz"
    row_major = True

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except FAULTS as error:
            raise FormatError(f"cannot be read as .npz: {error}") from error
        self._open: dict[str, IO[bytes]] = {}
        found = [each for each in self._zip.infolist() if each.filename.endswith(".npy")]
        self._members = {each.filename.removesuffix(".npy"): each for each in found}

    def names(self) -> list[str]:
        """Return the names, in the order of the archive."""
        return list(self._members)

    def value(self, name: str) -> LazyArray:
        """Return an array; of text an array of its own."""
        member, label = self._members[name], f"{self._path}: {name}"
        try:
            with self._zip.open(member) as file:
                shape, fortran, dtype = header(file, label)
                start = file.tell()
        except FAULTS as error:
            if isinstance(error, FormatError):
                raise
            raise FormatError(f"{label}: is damaged: {error}") from error
        x = StreamArray(partial(self._begin, name, start), shape, dtype, row_major=not fortran, label=label)
        if x.nbytes > member.file_size:
            raise FormatError(
                f"{label}: wanted {x.nbytes:,} bytes for shape {list(shape)}, there are {member.file_size:,}"
            )
        return x

    def _begin(self, name: str, start: int) -> _Member:
        if (before := self._open.pop(name, None)) is not None:
            before.close()
        file = self._open[name] = self._zip.open(self._members[name])
        stream = _Member(file, f"{self._path}: {name}")
        stream.read(start)
        return stream

    def axes(self, name: str) -> None:
        """Return None: the file names no axes."""

    def close(self) -> None:
        """Close the archive, and what of it is being read."""
        for file in self._open.values():
            file.close()
        self._zip.close()


def open_reader(path: str) -> NpzReader:
    """Read the list of members of a file."""
    return NpzReader(path)
