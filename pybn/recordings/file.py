"""The file of recordings of one test module: found, read, merged with new ones, pruned."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pybn.errors import FileError, FormatError
from pybn.formats.fixture import Record, read_fixture, write_fixture

SUFFIX = ".octave.h5"

Files = Mapping[str, str]  # a .m file, as it is called in recordings -> its SHA-256


def file_of(module: Path) -> Path:
    """Return where the recordings of a test module are: tests/test_a.octave.h5 of tests/test_a.py.

    Of a file that is no Python module, tests in a text for one, the whole name is kept: guide.md.octave.h5.
    """
    return module.with_name((module.stem if module.suffix == ".py" else module.name) + SUFFIX)


@dataclass(frozen=True, slots=True)
class Found:
    """What a file has for a question: a recording that serves; or None, and what changed since there was one."""

    record: Record | None
    stale: str = ""


def find(records: Iterable[Record], digest: str, files: Callable[[], Files], octave: str = "") -> Found:
    """Look for the answer to a question, given to these .m files, by this Octave, or by the newest where it is "".

    `files` is called only where the question was asked before.
    """
    asked = [record for record in records if record.digest == digest]
    if not asked:
        return Found(None)
    now = files()
    fitting = [record for record in asked if dict(record.files) == dict(now)]
    if not fitting:
        return Found(None, changes(max(asked, key=version).files, now))
    if octave:
        fitting = [record for record in fitting if record.versions.get("octave") == octave]
    return Found(max(fitting, key=version, default=None))


def version(record: Record) -> tuple[int, ...]:
    """Return the version of Octave that recorded an answer, such that a newer one is more."""
    return tuple(int(part) for part in re.findall(r"\d+", record.versions.get("octave", "")))


def changes(then: Files, now: Files) -> str:
    """Say what happened to the .m files; "" where nothing did."""
    for name in sorted(then.keys() | now.keys()):
        if then.get(name) != now.get(name):
            return f"{name} {'changed' if name in then and name in now else 'is gone' if name in then else 'is new'}"
    return ""


def read(path: Path) -> dict[str, Record]:
    """Return the recordings in a file by id; none where there is no file. Raises FormatError or FileError."""
    try:
        found = read_fixture(path)
        for record in found.values():
            if not all(_is_told(part) for part in (record.files, record.versions)):
                raise FormatError(f"{path}: {record.id!r}: wanted texts by name for files and versions")
        return found
    except FormatError as error:
        raise FormatError(
            f"{path}: cannot be read as recordings ({error}); remove it and record anew"
        ) from error


def _is_told(part: object) -> bool:
    """Tell whether data from outside are texts by name that may be shown."""
    return isinstance(part, dict) and all(
        isinstance(v, str) and f"{k}{v}".isprintable() for k, v in part.items()
    )


def merge(path: Path, fresh: Collection[Record]) -> dict[str, list[Record]]:
    """Put new recordings into a file, in place of those that answered the same question.

    One by another Octave is kept beside the new one as long as it is of the same .m files. Returns what was there
    before of the same question, by the id of the new. Raises FileError.
    """
    with _alone(path):
        known = read(path)
        asked = {record.digest: record for record in fresh}
        before: dict[str, list[Record]] = {record.id: [] for record in fresh}
        kept: dict[str, Record] = {}
        for id_, record in known.items():
            new = asked.get(record.digest)
            if new is not None:
                before[new.id].append(record)
            if new is None or (dict(new.files) == dict(record.files) and version(new) != version(record)):
                kept[id_] = record
        _write(path, kept | {record.id: record for record in fresh})
    return before


def prune(path: Path, used: Collection[str]) -> list[Record]:
    """Take out of a file all recordings but those of these questions; return them. Raises FileError.

    A file in which nothing is left is removed.
    """
    with _alone(path):
        known = read(path)
        unused = [record for record in known.values() if record.digest not in used]
        if unused:
            _write(path, {id_: record for id_, record in known.items() if record.digest in used})
    return unused


def _write(path: Path, records: Mapping[str, Record]) -> None:
    if records:
        write_fixture(path, [records[id_] for id_ in sorted(records)])  # in any order of tests, the same file
    elif not path.is_symlink():
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise FileError(f"{path}: cannot be removed: {error.strerror}") from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from changing the file between our reading and our writing; the folder is the lock."""
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)  # which lets go
