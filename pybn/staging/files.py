"""What lies in a tree: every file that its copy may hold, and what is left out of it and why."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pybn.errors import FileError

FILE_LIMIT = 64 << 20  # bytes of a data file that is copied
TOTAL_LIMIT = 512 << 20  # bytes of all data files of a tree
COUNT_LIMIT = 50_000  # files of a tree
DEPTH_LIMIT = 40  # folders within folders

RUN_BY_OCTAVE = frozenset(
    {"startup.m", "finish.m", "octaverc", "PKG_ADD", "PKG_DEL"}
)  # by its name alone, where it lies on the path
NOT_CODE = frozenset({"octave-workspace", "__pycache__", "node_modules"})
COMPILED = frozenset({".c", ".cc", ".cpp", ".cxx", ".cu", ".f", ".f90", ".dll"})


@dataclass(frozen=True, slots=True)
class Found:
    """A file: where it is, where it goes, below the tree, and what tells whether it changed."""

    path: Path
    where: str
    size: int
    changed: int

    @property
    def is_code(self) -> bool:
        """It is a .m file."""
        return self.where.endswith(".m")

    @property
    def compiled(self) -> str:
        """The name of the mex function that this is a binary or a source of, "" if it is neither."""
        stem, dot, suffix = self.where.rpartition("/")[2].rpartition(".")
        suffix = dot + suffix.lower()
        return stem if suffix in COMPILED or suffix.startswith(".mex") else ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or folder that is not in the copy, and why."""

    where: str
    why: str


def common_folder(roots: Sequence[Path]) -> Path:
    """Return the folder whose copy holds the copies of all roots where they lie to each other. Raises FileError."""
    resolved = []
    for root in roots:
        if root.is_file():
            raise FileError(f"{root}: is a file; name the folder that it is in")
        if not root.is_dir():
            raise FileError(f"{root}: there is no such folder")
        resolved.append(root.resolve())
    return Path(os.path.commonpath(resolved))


def walk(roots: Sequence[Path]) -> tuple[list[Found], list[LeftOut]]:
    """Return the files of some folders, less hidden ones, each once, by where they lie below the common folder.

    A link to a file is the file; one to a folder is followed where that is in the tree and not around it.
    """
    base, budget = common_folder(roots), _Budget()
    found: dict[str, Found] = {}
    left: list[LeftOut] = []
    for root in dict.fromkeys(root.resolve() for root in roots):
        start = root.relative_to(base).as_posix()
        for each in _entries(root, "" if start == "." else f"{start}/", (root,), budget):
            if isinstance(each, LeftOut):
                left.append(each)
            else:
                found.setdefault(each.where, each)
    return [found[where] for where in sorted(found)], list(dict.fromkeys(left))


@dataclass(slots=True)
class _Budget:
    count: int = COUNT_LIMIT
    size: int = TOTAL_LIMIT


def _entries(
    folder: Path, prefix: str, above: tuple[Path, ...], budget: _Budget
) -> Iterator[Found | LeftOut]:
    """Yield what is in a folder and below. `above` are the folders on the way, the tree's own first."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield LeftOut(prefix.rstrip("/") or ".", f"cannot be read: {error.strerror}")
        return
    for entry in entries:
        where = prefix + entry.name
        if entry.name.startswith(".") or entry.name in NOT_CODE:
            continue
        if entry.name in RUN_BY_OCTAVE:
            yield LeftOut(where, "Octave would run it by itself")
            continue
        try:
            if entry.is_dir():
                inner = Path(entry.path).resolve() if entry.is_symlink() else folder / entry.name
                yield from _folder(inner, where, above, budget)
            else:
                yield _file(entry, where, budget)
        except OSError as error:
            yield LeftOut(where, f"cannot be read: {error.strerror}")


def _folder(folder: Path, where: str, above: tuple[Path, ...], budget: _Budget) -> Iterator[Found | LeftOut]:
    if any(each == folder or each.is_relative_to(folder) for each in above):
        yield LeftOut(where, "a link to a folder around it")
    elif not folder.is_relative_to(above[0]):
        yield LeftOut(where, "a link to a folder outside the tree; put that folder on the path as well")
    elif len(above) > DEPTH_LIMIT:
        yield LeftOut(where, f"more than {DEPTH_LIMIT} folders deep")
    else:
        yield from _entries(folder, f"{where}/", (*above, folder), budget)


def _file(entry: os.DirEntry[str], where: str, budget: _Budget) -> Found | LeftOut:
    told = entry.stat()
    if not stat.S_ISREG(told.st_mode):
        return LeftOut(where, "no regular file")
    budget.count -= 1
    if budget.count < 0:
        return LeftOut(where, f"more than {COUNT_LIMIT} files")
    if told.st_size > FILE_LIMIT:
        return LeftOut(where, f"{told.st_size >> 20} MiB; files of up to {FILE_LIMIT >> 20} MiB are copied")
    if not where.endswith(".m"):
        if told.st_size > budget.size:
            return LeftOut(where, f"more than {TOTAL_LIMIT >> 20} MiB of data in all")
        budget.size -= told.st_size
    return Found(Path(entry.path), where, told.st_size, told.st_mtime_ns)
