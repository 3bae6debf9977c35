"""The copies of users' trees that MATLAB runs, as they are: their own files are never written to."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from pybn.case import Case
from pybn.engines.driver.copied import Entry, Roots, entries, roots_of, unchanged
from pybn.errors import FileError
from pybn.sources import Seen, code_folders
from pybn.staging.files import Found, common_folder, walk


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of what was found below `base`, as it was when it was made."""

    base: Path
    found: list[Found]
    place: Path
    entries: dict[str, Entry]

    def of(self, folder: Path) -> Path:
        """Return the copy of a folder."""
        return self.place / folder.resolve().relative_to(self.base)


class Copies:
    """The copies of one session."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._looked: set[Roots] = set()
        self._made: dict[Roots, Copy] = {}
        self._number = 0

    def look(self) -> None:
        """Have the next case of each tree look whether its files, or their copies, changed since the last one did."""
        self._looked.clear()

    def folders(self, case: Case, seen: Seen) -> list[str]:  # noqa: ARG002  # nothing is refused for what it uses
        """Return what goes on MATLAB's path for a case. Raises FileError where a tree cannot be read or copied."""
        roots = roots_of(case)
        if not roots:
            return []
        copy = self._copy(roots)
        path = [copy.of(folder) for folder in case.matlab.path]
        if case.matlab.tree is not None:
            path += code_folders(copy.of(case.matlab.tree))
        return list(dict.fromkeys(map(os.fspath, path)))

    def intact(self, case: Case) -> bool:
        """Tell whether a case left its copy as it was; one that is not is not used again."""
        copy = self._made.get(roots_of(case))
        if copy is None or unchanged(copy.entries):
            return True
        del self._made[roots_of(case)]
        return False

    def told(self, text: str) -> str:
        """Return a message in which files are named where they are in the user's tree, not in the copy."""
        for copy in self._made.values():
            text = text.replace(str(copy.place), str(copy.base))
        return text

    def _copy(self, roots: Roots) -> Copy:
        copy = self._made.get(roots)
        if copy is not None and roots in self._looked:
            return copy
        self._looked.add(roots)
        found, _ = walk(roots)
        if copy is not None and copy.found == found and unchanged(copy.entries):
            return copy
        place = self.folder / f"{self._number:04d}"
        self._number += 1
        base = common_folder(roots)
        _lay(found, [root.resolve().relative_to(base) for root in roots], place)
        self._made[roots] = Copy(base, found, place, entries(place))
        return self._made[roots]


def _lay(found: list[Found], folders: list[Path], place: Path) -> None:
    """Write the copy: all files, and the folders that are wanted, empty ones too."""
    try:
        for folder in folders:
            (place / folder).mkdir(parents=True, exist_ok=True)
        for each in found:
            target = place / each.where
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(each.path, target)
    except OSError as error:
        raise FileError(f"{error.filename or place}: cannot be copied: {error.strerror}") from error
