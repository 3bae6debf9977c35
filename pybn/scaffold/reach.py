"""What a .m file calls: in its own folder and packages, and in the folders around, as far as a tree of code goes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from pybn.errors import CaseError, FileError
from pybn.mfile import Class, Outline, Token, outline, tokens
from pybn.scaffold.brackets import called_names
from pybn.scaffold.place import Place, read
from pybn.scaffold.signature import Signature, read_signature

HIGHEST = 6  # folders above the file's own in which the mark of a repository is looked for
MOST = 5_000  # files; a folder of more is no tree of code, or not one to copy for a case
FARTHEST = 400  # files that are read for what a file calls
MARKS = (".git", ".hg", ".svn")


class Reach:
    """The files that code at some place can call, each read when it is asked for."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._read: dict[Path, tuple[Outline, list[Token]]] = {}
        self._signatures: dict[str, Signature | None] = {}

    def find(self, name: str, caller: Path | None = None) -> Path | None:
        """Return the file of a function or class that a file calls, which may be in a package; None for none."""
        return self._near(name, caller or self.place.file) or self._far(name)

    def _near(self, name: str, caller: Path) -> Path | None:
        """Return the file that is found with the own folder alone on the path."""
        *packages, stem = name.split(".")
        here = self.place.root.joinpath(*(f"+{part}" for part in packages))
        private = [] if packages else [caller.parent / "private" / f"{stem}.m"]
        places = [*private, here / f"{stem}.m", here / f"@{stem}" / f"{stem}.m"]
        return next((path for path in places if path.is_file()), None)

    def _far(self, name: str) -> Path | None:
        return next((stems[name] for _, stems in self._around if name in stems), None)

    def function(self, name: str) -> Signature | None:
        """Return what a file here says of its function, or of its class's constructor; None where it has neither."""
        if name not in self._signatures:
            file = self.find(name)
            told, found = self.file(file) if file else (None, [])
            main = told.main if told is not None else None
            self._signatures[name] = read_signature(main, found) if main is not None else None
        return self._signatures[name]

    def classes(self, found: Class) -> Iterator[tuple[Class, list[Token]]]:
        """Yield the classes that a class builds on, nearest first, each with the tokens of its file."""
        waiting, seen = list(found.bases), set[str]()
        while waiting:
            base = waiting.pop(0)
            file = None if base in seen else self.find(base)
            seen.add(base)
            told, inside = self.file(file) if file else (None, [])
            if told is not None and told.class_ is not None:
                yield told.class_, inside
                waiting.extend(told.class_.bases)

    def file(self, file: Path) -> tuple[Outline, list[Token]]:
        """Return the outline and the tokens of a file; those of nothing where it cannot be read."""
        if file not in self._read:
            try:
                text = read(file)
            except (CaseError, FileError):
                text = ""
            self._read[file] = (outline(text, file.stem), tokens(text))
        return self._read[file]

    def tree(self) -> Path | None:
        """Return the nearest folder around the file that has what it calls and its own folder has not, or None.

        That is at most the folder above its own, or where it lies in a repository, the root of that. What is called
        by what it calls counts as well.
        """
        waiting, seen, far = [self.place.file], {self.place.file}, set[str]()
        while waiting and len(seen) < FARTHEST:
            caller = waiting.pop()
            for name in called_names(self.file(caller)[1]):
                near = self._near(name, caller)
                file = near or self._far(name)
                if file is not None and not near:
                    far.add(name)
                if file is not None and file not in seen:
                    seen.add(file)
                    waiting.append(file)
        return next((folder for folder, stems in self._around if far and far <= stems.keys()), None)

    @cached_property
    def _around(self) -> list[tuple[Path, dict[str, Path]]]:
        """The folder and those around it, nearest first, with the .m files below each by name, if not too many."""
        found = []
        for folder in _candidates(self.place.root):
            stems = _stems(folder)
            if stems is None:
                break
            found.append((folder, stems))
        return found


def _candidates(root: Path) -> list[Path]:
    folders = [root, *root.parents][: HIGHEST + 1]
    for k, folder in enumerate(folders):
        if any((folder / mark).exists() for mark in MARKS):
            return folders[: k + 1]
    return folders[:2]


def _stems(folder: Path) -> dict[str, Path] | None:
    """Return all .m files below a folder by name, but for those of packages and classes; None if too many."""
    found: dict[str, Path] = {}
    count, waiting = 0, [folder]
    while waiting:
        for entry in _entries(waiting.pop(0)):
            count += 1
            if count > MOST:
                return None
            if entry.name.endswith(".m"):
                found.setdefault(entry.name[:-2], Path(entry.path))
            elif entry.name.startswith("@"):
                found.setdefault(entry.name[1:], Path(entry.path) / f"{entry.name[1:]}.m")
            elif entry.is_dir(follow_symlinks=False) and not entry.name.startswith((".", "+", "private")):
                waiting.append(Path(entry.path))
    return found


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            yield from sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
