"""The copies of users' trees that Octave runs: made once a session and content, and anew when a case spoils one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pybn.case import Case
from pybn.engines.driver.copied import Entry, Roots, entries, roots_of, unchanged
from pybn.errors import CaseError
from pybn.sources import Seen, used_files
from pybn.staging import Plan, Trouble, lay, plan
from pybn.staging.files import Found, LeftOut, walk
from pybn.staging.findings import SILENT
from pybn.staging.stand_ins import provide

KEEP = 32  # plans of other trees that are remembered

_PLANS: dict[Roots, tuple[list[Found], Plan]] = {}  # of this process: a new session reads no file again


@dataclass(slots=True)
class Copy:
    """A copy in the folder of a session, as it was when it was made."""

    plan: Plan
    found: Sequence[Found]
    place: Path
    entries: dict[str, Entry]
    troubles: dict[frozenset[str], tuple[Trouble, ...]] = field(default_factory=dict)

    def intact(self) -> bool:
        """Tell whether nobody has written to it."""
        return unchanged(self.entries)


class Copies:
    """The copies of one session, and the stand-ins that go with them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lacking: frozenset[str] = frozenset()  # of the stand-ins, what this Octave has not itself
        self._looked: set[Roots] = set()
        self._made: dict[Roots, Copy] = {}
        self._number = 0

    def look(self) -> None:
        """Have the next case of each tree look whether its files, or their copies, changed since the last one did."""
        self._looked.clear()

    def folders(self, case: Case, seen: Seen) -> list[str]:
        """Return what goes on Octave's path for a case, stand-ins for what Octave lacks last.

        Raises CaseError where Octave would get something silently wrong in a file that the case uses and does not
        allow, FileError where a tree cannot be read or copied.
        """
        roots = roots_of(case)
        if not roots:
            return []
        copy = self._copy(roots)
        self._refuse(case, copy, seen)
        path = [os.path.join(copy.place, copy.plan.folder(root)) for root in case.matlab.path]  # noqa: PTH118
        if case.matlab.tree is not None:
            path += [str(copy.place / folder) for folder in copy.plan.path(case.matlab.tree)]
        path += [str(self._stand_in(name)) for name in copy.plan.stand_ins if name in self.lacking]
        return list(dict.fromkeys(folder.rstrip("/") for folder in path))

    def intact(self, case: Case) -> bool:
        """Tell whether a case left its copy as it was; one that is not is not used again."""
        copy = self._made.get(roots_of(case))
        if copy is None or copy.intact():
            return True
        del self._made[roots_of(case)]
        return False

    def told(self, text: str) -> str:
        """Return a message in which files are named where they are in the user's tree, not in the copy."""
        if str(self.folder) not in text:
            return text
        for copy in self._made.values():
            for each in copy.plan.staged.values():
                if each.to != each.found.where:
                    text = text.replace(f"{copy.place}/{each.to}", f"{copy.plan.base}/{each.found.where}")
            text = text.replace(str(copy.place), str(copy.plan.base))
        return text

    def _copy(self, roots: Roots) -> Copy:
        copy = self._made.get(roots)
        if copy is not None and roots in self._looked:
            return copy
        self._looked.add(roots)
        found, left = walk(roots)
        if copy is not None and copy.found == found and copy.intact():
            return copy
        decided = _planned(roots, found, left)
        place = self.folder / f"{self._number:04d}"
        self._number += 1
        place.mkdir(parents=True)
        lay(decided, place)
        made = Copy(decided, found, place, entries(place))
        self._made[roots] = made
        return made

    def _refuse(self, case: Case, copy: Copy, seen: Seen) -> None:
        """Raise CaseError for what Octave would get silently wrong in a file that the case uses."""
        used = frozenset(used_files(case, seen))
        if used not in copy.troubles:
            folder = case.file.parent.resolve()
            places = [os.path.relpath((folder / name).resolve(), copy.plan.base) for name in sorted(used)]
            copy.troubles[used] = tuple(t for where in places for t in copy.plan.troubles_of(where))
        for trouble in copy.troubles[used]:
            if trouble.kind == SILENT and trouble.rule not in case.matlab.allow:
                raise CaseError(
                    f"{case.file}: {case.id}: {copy.plan.base / trouble.file}, line {trouble.line}: {trouble.text!r}: "
                    f'{trouble.why}; {trouble.fix}, or accept it: allow = ["{trouble.rule}"] under [matlab]'
                )

    def _stand_in(self, name: str) -> Path:
        place = self.folder / "stand-ins" / name
        if not place.is_dir():
            place.mkdir(parents=True)
            provide(name, place)
        return place


def _planned(roots: Roots, found: list[Found], left: list[LeftOut]) -> Plan:
    known = _PLANS.pop(roots, None)
    if known is None or known[0] != found:
        known = (found, plan(roots, walked=(found, left)))
    _PLANS[roots] = known  # the last used one last
    while len(_PLANS) > KEEP:
        del _PLANS[next(iter(_PLANS))]
    return known[1]
