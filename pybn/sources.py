"""Which .m files a case really uses, and their SHA-256: how recorded answers know that they are stale."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from pybn.case import Case
from pybn.errors import CaseError, FileError

Used = dict[str, str]
Seen = dict[tuple[Path, tuple[Path, ...], str], Used]  # by the case's folder, its path, and what it runs

WORD = re.compile(rb"[A-Za-z]\w*", re.ASCII)


def used_files(case: Case, seen: Seen | None = None) -> Used:
    """Return path -> SHA-256 of each .m file that the case's class or function reaches, by names in the text.

    Paths are relative to the case file's folder, with forward slashes. Any word of a file that names a .m file
    on the case's path counts, in comments and strings too: one file too many costs a recording, one too few
    would hide a change. `seen` keeps what was found, for as long as the caller takes the files to stay as they
    are: a run, say, of thousands of cases on one folder. Raises FileError.
    """
    folder, kept = case.file.parent.resolve(), {} if seen is None else seen
    key = (folder, case.matlab.path, case.matlab.name)
    if key not in kept:
        kept[key] = _used(case, folder)
    return dict(kept[key])


def _used(case: Case, folder: Path) -> Used:
    known = _files_by_name(case.matlab.path)
    found: dict[Path, str] = {}
    waiting = list(known.get(case.matlab.name.rsplit(".", 1)[-1], ()))
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found[file], words = _scan(file, _modified(file))
        for word in words & known.keys():
            waiting.extend(known[word])
    return {Path(os.path.relpath(file, folder)).as_posix(): found[file] for file in sorted(found)}


def checksum(where: str, file: Path) -> str:
    """Return the SHA-256 of a data file that a case names; `where` names the place. Raises CaseError."""
    if not file.is_file():
        raise CaseError(f"{where}: file: there is no file {file}")
    try:
        return _scan_data(file, _modified(file))
    except FileError as error:
        raise CaseError(f"{where}: file: {error}") from error


@lru_cache(maxsize=4096)
def _scan_data(file: Path, _changed: tuple[int, int]) -> str:
    with _readable(file), file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileError(f"{file}: cannot be read: {error.strerror}") from error


def _files_by_name(folders: Iterable[Path]) -> dict[str, list[Path]]:
    """Map the name of each function and class to its files; every file of @Class goes by the class's name too."""
    known: dict[str, list[Path]] = defaultdict(list)
    for folder in folders:
        for file in _visible(folder):
            known[file.stem].append(file)
            if file.parent.name.startswith("@"):
                known[file.parent.name[1:]].append(file)
    return known


def _visible(folder: Path) -> Iterable[Path]:
    """Yield the .m files that Octave sees from a folder on its path."""
    yield from sorted(folder.glob("*.m"))
    for child in [*sorted(folder.glob("[@+]*")), folder / "private"]:
        # A link back to a folder above would never end.
        if child.is_dir() and not folder.resolve().is_relative_to(child.resolve()):
            yield from _visible(child)


def _modified(file: Path) -> tuple[int, int]:
    with _readable(file):
        found = file.stat()
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=4096)
def _scan(file: Path, _changed: tuple[int, int]) -> tuple[str, frozenset[str]]:
    with _readable(file):
        raw = file.read_bytes()
    return hashlib.sha256(raw).hexdigest(), frozenset(word.decode() for word in WORD.findall(raw))
