"""Which folder around a .m file has to be on the path with it: the code that it calls may lie in folders beside."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from pybn.scaffold.place import Place

HIGHEST = 6  # folders above the file's own in which the mark of a repository is looked for
MOST = 5_000  # files; a folder of more is no tree of code, or not one to copy for a case
MARKS = (".git", ".hg", ".svn")


def tree_around(place: Place, called: Collection[str]) -> Path | None:
    """Return the nearest folder around the file that has what it calls and its own folder has not, or None.

    That is at most the folder above its own, or where it lies in a repository, the root of that.
    """
    here = {file.stem for file in place.root.glob("*.m")}
    missing = {name for name in called if name not in here}
    for folder in _candidates(place.root):
        stems = _stems(folder) if missing else None
        if stems is None:
            return None
        if missing & stems:
            return folder
    return None


def _candidates(root: Path) -> list[Path]:
    above = list(root.parents)[:HIGHEST]
    for k, folder in enumerate([root, *above]):
        if any((folder / mark).exists() for mark in MARKS):
            return above[:k]
    return above[:1]


def _stems(folder: Path) -> set[str] | None:
    """Return the names of all .m files below a folder, but for those of packages and classes; None if too many."""
    found: set[str] = set()
    count, waiting = 0, [folder]
    while waiting:
        for entry in _entries(waiting.pop()):
            count += 1
            if count > MOST:
                return None
            if entry.name.endswith(".m"):
                found.add(entry.name[:-2])
            elif entry.is_dir(follow_symlinks=False) and not entry.name.startswith((".", "+", "private")):
                waiting.append(Path(entry.path))
    return found


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            yield from list(found)
    except OSError:
        return
