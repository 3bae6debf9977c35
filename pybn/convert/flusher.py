"""What is written goes to the disk while more is written, so that the flush at the end has little left to do."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Self

EVERY = 64 << 20  # bytes between two flushes


class Flusher:
    """Flushes a file that grows, in a thread; `advance` is to be called with each number of bytes that it grew.

    It is only ahead of the flush that counts, and so keeps quiet where the system refuses: that one will tell.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._since = 0
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread is not None:
            self._thread.join()

    def advance(self, count: int) -> None:
        """Count bytes, and flush where there are enough and no flush is under way."""
        self._since += count
        if self._since >= EVERY and (self._thread is None or not self._thread.is_alive()):
            self._since = 0
            self._thread = Thread(target=self._flush)
            self._thread.start()

    def _flush(self) -> None:
        with suppress(OSError):  # a folder cannot be, everywhere
            handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fdatasync(handle)
            finally:
                os.close(handle)
