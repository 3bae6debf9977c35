"""What one of several processes has recorded, on its way into the files of recordings.

Each process adds parts of its own to one folder, whole or not at all, and who started them merges the parts when all
have ended: one that crashed takes nothing with it but the test it was at.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from pybn.formats.base import atomic_write
from pybn.formats.fixture import Record, read_fixture, write_fixture

TARGET = "target"  # names the file that the parts beside it are for


def add_part(folder: Path, target: Path, records: Collection[Record]) -> None:
    """Add what this process has recorded for the file `target`. Raises FileError."""
    place = folder / hashlib.sha256(os.fsencode(target)).hexdigest()[:24]
    place.mkdir(exist_ok=True)
    if not (place / TARGET).exists():
        with atomic_write(place / TARGET) as file:
            file.write_bytes(os.fsencode(target))
    count = sum(1 for _ in place.glob(f"{os.getpid()}-*.h5"))
    write_fixture(place / f"{os.getpid()}-{count:06d}.h5", records)


def parts(folder: Path) -> Iterator[tuple[Path, dict[str, Record]]]:
    """Yield each file that there are parts for, with all that they hold. Raises FormatError or FileError."""
    for target in sorted(folder.glob(f"*/{TARGET}")):
        found: dict[str, Record] = {}
        for part in sorted(target.parent.glob("*.h5")):
            found |= read_fixture(part)
        yield Path(os.fsdecode(target.read_bytes())), found
