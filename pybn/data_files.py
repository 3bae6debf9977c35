"""The data files that the steps of a case read: where they are, and laid into the folder where a side runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pybn.case import DataFile
from pybn.case_keys import show
from pybn.errors import CaseError, FileError
from pybn.sources import checksum

MOST = 1000  # files of a case


def data_files(told: Mapping[str, Any], each: Mapping[str, Any], folder: Path) -> tuple[DataFile, ...]:
    """Return the files under `files` of a case file and of one of its cases, relative to `folder`; * and ? may stand.

    Each keeps its place below `folder`; one from elsewhere has its name alone. Raises CaseError.
    """
    found: dict[str, DataFile] = {}
    for pattern in (*_patterns(told), *_patterns(each)):
        for path in _matches(pattern, folder):
            name = path.name if ".." in Path(pattern).parts else path.relative_to(folder).as_posix()
            if name in found and found[name].path != path:
                raise CaseError(f"files: {found[name].path} and {path} would both be {name}")
            found[name] = DataFile(path, name, checksum("files", path))
            if len(found) > MOST:
                raise CaseError(f"files: wanted at most {MOST} files, got more by {show(pattern)}")
    return tuple(found.values())


def lay(files: Sequence[DataFile], place: Path) -> None:
    """Copy the files into a folder, which is made. Raises FileError."""
    place.mkdir(parents=True, exist_ok=True)
    for each in files:
        target = place / each.name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(each.path, target)
        except OSError as error:
            raise FileError(f"{each.path}: cannot be copied: {error.strerror}") from error


def _patterns(owner: Mapping[str, Any]) -> list[str]:
    value = owner.get("files", [])
    patterns = [value] if isinstance(value, str) else value
    if not isinstance(patterns, list) or not all(
        isinstance(p, str) and p and "\0" not in p for p in patterns
    ):
        raise CaseError(f"files: wanted a file or a list of files, got {show(value)}")
    return patterns


def _matches(pattern: str, folder: Path) -> Iterator[Path]:
    """Yield the files that a pattern names, sorted."""
    if Path(pattern).is_absolute():
        raise CaseError(f"files: wanted a path relative to the case file's folder, got {show(pattern)}")
    if not any(mark in pattern for mark in "*?["):
        path = folder / pattern
        if not path.is_file():
            raise CaseError(f"files: there is no file {path}")
        yield path
        return
    try:
        found = sorted(path for path in folder.glob(pattern) if path.is_file())
    except (ValueError, NotImplementedError, OSError) as error:
        raise CaseError(f"files: {show(pattern)}: {error}") from error
    if not found:
        raise CaseError(f"files: no file is like {folder / pattern}")
    yield from found
