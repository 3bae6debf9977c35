"""A folder that was copied for a case: what tells whether anybody has written to it since."""

from __future__ import annotations

import os
from pathlib import Path

from pybn.case import Case

Roots = tuple[Path, ...]
Entry = tuple[int, int, int, int]  # of a file or folder: what is other once someone has been at it


def roots_of(case: Case) -> Roots:
    """Return the folders of a case that are copied."""
    return (*case.matlab.path, *((case.matlab.tree,) if case.matlab.tree else ()))


def entries(place: Path) -> dict[str, Entry]:
    """Return all that is in a folder, as it is now."""
    found = {}
    for folder, _, files in os.walk(place):
        for path in (folder, *(os.path.join(folder, file) for file in files)):  # noqa: PTH118
            found[path] = _entry(path)
    return found


def unchanged(known: dict[str, Entry]) -> bool:
    """Tell whether all is as it was, and nothing has come to it."""
    try:
        return all(_entry(path) == entry for path, entry in known.items())
    except OSError:
        return False


def _entry(path: str) -> Entry:
    told = os.lstat(path)
    return told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns
