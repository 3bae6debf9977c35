"""What tells whether bytes are the same: a SHA-256 to be kept, and a quick check for what was written a moment ago."""

from __future__ import annotations

import hashlib
from threading import Thread
from typing import Any

from pybn.formats.inflate import crc32
from pybn.formats.lazy import Array

LARGE = 1 << 20  # bytes from which on a thread is worth its start


def told(block: Array) -> Any:
    """Return the bytes that tell elements from others: of texts each with its length, whatever room they have."""
    if block.dtype.kind == "U":
        texts = (str(each).encode("utf-32-le", "surrogatepass") for each in block.ravel().tolist())
        return b"".join(len(text).to_bytes(8, "little") + text for text in texts)
    return block.data if block.dtype.kind not in "Mm" else block.tobytes()


class Digest:
    """SHA-256 and CRC-32 of an array's bytes in C order, which come block by block.

    The SHA-256 of a large block is taken in a thread, while the caller goes on to write that block and to read the
    next; a block must stay as it is until the next one comes.
    """

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._crc = 0
        self._thread: Thread | None = None

    def update(self, block: Array) -> None:
        """Take the next block, in C order."""
        data = told(block)
        self._wait()
        if block.nbytes < LARGE:
            self._sha256.update(data)
        else:
            self._thread = Thread(target=self._sha256.update, args=(data,))
            self._thread.start()
        self._crc = crc32(data, self._crc)

    def _wait(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @property
    def sha256(self) -> str:
        """The SHA-256 of what came, in hexadecimal."""
        self._wait()
        return self._sha256.hexdigest()

    @property
    def crc(self) -> int:
        """The CRC-32 of what came."""
        return self._crc
