"""A file that HDF5 can always close: after the disk has failed it takes all and keeps nothing.

Where a write fails, the library cannot close the file, keeps it open, and crashes the process at its end.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


class PatientFile:
    """What h5py wants of a file object. `failure` is the first error of the system, to be raised once h5py is done."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        self._at = 0
        self.failure: OSError | None = None

    def __enter__(self) -> PatientFile:  # noqa: PYI034  # nobody inherits from it
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)

    def write(self, data: bytes | memoryview) -> int:
        """Write all of it, or nothing any more."""
        view = memoryview(data).cast("B")
        done = 0
        try:
            while self.failure is None and done < len(view):
                done += os.pwrite(self._handle, view[done:], self._at + done)
        except OSError as error:
            self.failure = error
        self._at += len(view)
        return len(view)

    def readinto(self, data: memoryview) -> int:
        """Read as many bytes as are wanted; what was not kept is zeros."""
        view = memoryview(data).cast("B")
        read = b""
        with suppress(OSError):
            read = os.pread(self._handle, len(view), self._at)
        view[: len(read)] = read
        view[len(read) :] = bytes(len(view) - len(read))
        self._at += len(view)
        return len(view)

    def read(self, count: int) -> bytes:
        """Read, as `readinto`."""
        data = bytearray(count)
        self.readinto(memoryview(data))
        return bytes(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        base = (0, self._at, os.fstat(self._handle).st_size)[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def truncate(self, size: int | None = None) -> int:
        """Set the size."""
        size = self._at if size is None else size
        try:
            if self.failure is None:
                os.ftruncate(self._handle, size)
        except OSError as error:
            self.failure = error
        return size

    def flush(self) -> None:
        """Everything is written already."""
