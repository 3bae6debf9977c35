"""What a test means by "lib/smooth.m", "lib/+p/f.m" or "lib/Tools.m::scale": a folder for Octave's path and a name."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pybn.errors import FileError, UsageError
from pybn.steps import NAME


@dataclass(frozen=True, slots=True)
class Source:
    """A function or a class: its file, the folder that has to be on the path, and its name there."""

    file: Path
    folder: Path
    name: str  # "smooth", "p.f", "Tools.scale"


def source(text: str | os.PathLike[str], bases: Sequence[Path]) -> Source:
    """Find a .m file from the first of the folders that has it, and say how Octave calls what is in it.

    `::name` after a class file means that static method. Raises FileError where there is none, UsageError where
    what is there cannot be called.
    """
    path, _, method = os.fspath(text).partition("::")
    file = _found(path, bases)
    if file.suffix != ".m":
        raise UsageError(f"{text}: wanted a .m file, of a function or a class")
    folder, names = file.parent, [file.stem]
    if folder.name.startswith("@"):
        if folder.name[1:] != file.stem:
            raise UsageError(f"{text}: is a method; name its class, {folder.name}/{folder.name[1:]}.m")
        folder = folder.parent
    while folder.name.startswith("+"):
        names.insert(0, folder.name[1:])
        folder = folder.parent
    called = [*names, method] if method else names
    for name in called:
        if not NAME.match(name):
            raise UsageError(f"{text}: {name!r} is no name that MATLAB has")
    return Source(file, folder, ".".join(called))


def folder(text: str | os.PathLike[str], bases: Sequence[Path]) -> Path:
    """Find a folder from the first of the bases that has it. Raises FileError."""
    for base in bases:
        if (base / text).is_dir():
            return Path(os.path.realpath(base / text))
    raise FileError(f"{os.fspath(text)}: there is no such folder{_seen(os.fspath(text), bases)}")


def _found(text: str, bases: Sequence[Path]) -> Path:
    for base in bases:
        if (base / text).is_file():
            return Path(os.path.realpath(base / text))
    raise FileError(f"{text}: there is no such file{_seen(text, bases)}")


def _seen(text: str, bases: Sequence[Path]) -> str:
    if Path(text).is_absolute():
        return ""
    return f"; looked in {' and in '.join(dict.fromkeys(str(base) for base in bases))}"


def place(path: Path, home: Path) -> str:
    """Return what a path is called in recordings: from the test module's folder, as any checkout has it.

    "" for one in the folder of temporary files, which is another with every run.
    """
    passing = Path(os.path.realpath(tempfile.gettempdir()))
    if path.is_relative_to(passing) and not home.is_relative_to(passing):
        return ""
    return Path(os.path.relpath(path, home)).as_posix()
