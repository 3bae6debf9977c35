"""Which .m and data files a case really uses, and their SHA-256: how recorded answers know that they are stale."""

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
Seen = dict[tuple[object, ...], Used]  # by the case's folder, its path, its tree, and what it runs

WORD = re.compile(rb"[A-Za-z]\w*", re.ASCII)
NAMED = re.compile(rb"""['"]([^'"\n%]{1,200}\.\w{1,8})['"]""", re.ASCII)  # a data file, by the look of it
COMPILED = (".mex", ".oct", ".p")  # as .mexa64 is


def used_files(case: Case, seen: Seen | None = None) -> Used:
    """Return path -> SHA-256 of each file that the case's classes and functions reach, by names in the text.

    Paths are relative to the case file's folder, with forward slashes. Any word of a .m file that names a .m file,
    a compiled function or a .mat file on the case's path counts, in comments and strings too, and so does a file
    that a string names: one file too many costs a recording, one too few would hide a change. `seen` keeps what was
    found, for as long as the caller takes the files to stay as they are: a run, say, of thousands of cases on one
    folder. Raises FileError.
    """
    folder, kept = case.file.parent.resolve(), {} if seen is None else seen
    key = (folder, case.matlab.path, case.matlab.tree, case.matlab.callables)
    if key not in kept:
        kept[key] = _used(case, folder)
    return dict(kept[key])


def _used(case: Case, folder: Path) -> Used:
    folders = (*case.matlab.path, *code_folders(case.matlab.tree))
    known = _files_by_name(folders)
    found: dict[Path, str] = {}
    names = {part for name in case.matlab.callables for part in name.split(".")}
    waiting = [file for name in names for file in known.get(name, ())]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        if file.suffix != ".m":
            found[file] = _scan_data(file, _modified(file))
            continue
        found[file], words, strings = _scan(file, _modified(file))
        for word in words & known.keys():
            waiting.extend(known[word])
        for string in strings:
            waiting.extend(_named(string, (file.parent, *folders, *filter(None, [case.matlab.tree]))))
    return {Path(os.path.relpath(file, folder)).as_posix(): found[file] for file in sorted(found)}


def code_folders(tree: Path | None) -> list[Path]:
    """Return the folders of a tree that go on the path, as genpath has them: no private, @, + or hidden ones."""
    if tree is None:
        return []
    found = []
    for folder, inner, files in os.walk(tree):
        inner[:] = sorted(name for name in inner if name[0] not in ".@+" and name != "private")
        here = Path(folder)
        if any(name.endswith(".m") for name in files) or any(here.glob("[@+]*")):
            found.append(here)
    return found


def _named(string: str, folders: Iterable[Path]) -> Iterator[Path]:
    """Yield the data files that a string of a .m file names."""
    if Path(string).is_absolute() or string.endswith(".m"):
        return
    for folder in dict.fromkeys(folders):
        file = Path(os.path.normpath(folder / string.replace("\\", "/")))
        if file.is_file():
            yield file


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
    for folder in dict.fromkeys(folders):
        for file in _visible(folder):
            known[file.stem].append(file)
            if file.parent.name.startswith("@"):
                known[file.parent.name[1:]].append(file)
    return known


def _visible(folder: Path) -> Iterable[Path]:
    """Yield the files that Octave sees from a folder on its path: code, and data that `load` finds by its name."""
    yield from sorted(file for file in folder.iterdir() if _counts(file.suffix)) if folder.is_dir() else ()
    for child in [*sorted(folder.glob("[@+]*")), folder / "private"]:
        # A link back to a folder above would never end.
        if child.is_dir() and not folder.resolve().is_relative_to(child.resolve()):
            yield from _visible(child)


def _counts(suffix: str) -> bool:
    return suffix in (".m", ".mat") or suffix.startswith(COMPILED[0]) or suffix in COMPILED


def _modified(file: Path) -> tuple[int, int]:
    with _readable(file):
        found = file.stat()
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=4096)
def _scan(file: Path, _changed: tuple[int, int]) -> tuple[str, frozenset[str], tuple[str, ...]]:
    with _readable(file):
        raw = file.read_bytes()
    words = frozenset(word.decode() for word in WORD.findall(raw))
    strings = tuple(sorted({string.decode(errors="replace") for string in NAMED.findall(raw)}))
    return hashlib.sha256(raw).hexdigest(), words, strings
