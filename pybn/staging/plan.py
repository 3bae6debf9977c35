"""Deciding what the copy of a tree is to be: read, and nothing written."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Literal

from pybn.errors import FileError
from pybn.mfile import lines
from pybn.staging.files import Found, LeftOut, common_folder, walk
from pybn.staging.findings import CANNOT, SILENT, Edit, Rewrite, Trouble
from pybn.staging.moves import RULE as MOVED
from pybn.staging.moves import destination, muted
from pybn.staging.registry import rewriting, telling
from pybn.staging.source import Source, readable
from pybn.staging.stand_ins import needed
from pybn.staging.tree import Tree

MOVES = "left as it is: rewritten, the lines after it would no longer be where they were"
MEND = "write it in another way, which both MATLAB and Octave read"
State = Literal["as it is", "rewritten", "moved", "cannot run", "data"]


@dataclass(frozen=True, slots=True)
class Staged:
    """One file of the copy: `text` is its new text, latin-1, None where the bytes stay as they are."""

    found: Found
    to: str
    state: State
    text: str | None = None


@dataclass(frozen=True)
class Plan:
    """What a copy of some folders is to be. `base` is the folder that holds them all, to which paths are relative."""

    roots: tuple[Path, ...]
    base: Path
    allow: frozenset[str]
    tree: Tree
    staged: dict[str, Staged]
    rewrites: tuple[Rewrite, ...]
    left_out: tuple[LeftOut, ...]
    _own: dict[str, tuple[Trouble, ...]] = field(default_factory=dict, repr=False)
    _told: dict[str, tuple[Trouble, ...]] = field(default_factory=dict, repr=False)

    def troubles_of(self, where: str) -> tuple[Trouble, ...]:
        """Return the troubles of one file, in the order of its lines; those allowed are left out."""
        if where not in self._told:
            source = self.tree.places.get(where)
            told = list(self._own.get(where, ()))
            for module in telling() if source is not None else ():
                if not source.is_octave or getattr(module, "IN_OCTAVE", False):  # type: ignore[union-attr]
                    told += module.troubles(source, self.tree)  # type: ignore[arg-type]
            self._told[where] = tuple(sorted(dict.fromkeys(told), key=lambda t: (t.line, t.rule)))
        allowed = self.allow
        return tuple(t for t in self._told[where] if t.kind == CANNOT or t.rule not in allowed)

    @cached_property
    def troubles(self) -> tuple[Trouble, ...]:
        """All troubles, file by file."""
        return tuple(t for where in self.tree.places for t in self.troubles_of(where))

    @cached_property
    def files(self) -> tuple[Staged, ...]:
        """The files of the copy; those with something that cannot run are marked so."""
        broken = {t.file for t in self.troubles if t.kind == CANNOT}
        return tuple(
            Staged(each.found, each.to, "cannot run", each.text) if where in broken else each
            for where, each in self.staged.items()
        )

    @cached_property
    def stand_ins(self) -> tuple[str, ...]:
        """The functions of ours that the copy may need, by name."""
        new = (each.text for each in self.staged.values() if each.text is not None)
        return tuple(needed([*(source.text for source in self.tree.sources), *new]))

    def path(self, root: Path) -> list[str]:
        """Return the folders below the copy that a whole tree puts on the path: those with code to call by name."""
        start = self.folder(root)
        found = set()
        for each in self.staged.values():
            parts = each.to.split("/")[:-1]
            stop = next(
                (k for k, part in enumerate(parts) if part[0] in "@+" or part == "private"), len(parts)
            )
            folder = "/".join(parts[:stop])
            if each.found.is_code and (not start or folder == start or folder.startswith(f"{start}/")):
                found.add(folder)
        return sorted(found)

    @property
    def refused(self) -> tuple[Trouble, ...]:
        """What Octave would get silently wrong, and nobody has allowed."""
        return tuple(t for t in self.troubles if t.kind == SILENT)

    def folder(self, root: Path) -> str:
        """Return where the copy of one of the roots is, below the copy; "" where it is all of it."""
        relative = root.resolve().relative_to(self.base).as_posix()
        return "" if relative == "." else relative


def plan(
    roots: Sequence[Path],
    allow: frozenset[str] | set[str] = frozenset(),
    *,
    walked: tuple[list[Found], list[LeftOut]] | None = None,
) -> Plan:
    """Decide what the copy of some folders is to be; `walked` is what `files.walk` says of them, where that is known.

    Raises FileError where a folder is missing or a file cannot be read.
    """
    found, left = walk(roots) if walked is None else walked
    sources = [Source(each.path, each.where, _text(each)) for each in found if each.is_code]
    tree = Tree(
        sources,
        {each.compiled for each in found if each.compiled},
        (each.where for each in found if not each.is_code),
    )
    staged: dict[str, Staged] = {}
    taken: set[str] = set()
    rewrites: list[Rewrite] = []
    troubles: dict[str, tuple[Trouble, ...]] = {}
    for each in found:
        if not each.is_code:
            staged[each.where] = Staged(each, each.where, "data")
            continue
        source = tree.places[each.where]
        new, told, own = rewritten(source, tree)
        to, why, rule = destination(source, tree)
        if to in taken:
            to, why = each.where, ""
        taken.add(to)
        rewrites += told
        if own:
            troubles[each.where] = own
        if why:
            rewrites.append(Rewrite(each.where, 0, each.where, to, why, rule))
        state: State = "rewritten" if told else "moved" if why else "as it is"
        staged[each.where] = Staged(each, to, state, new.text if told else None)
    base = common_folder(roots)
    told_roots = tuple(dict.fromkeys(root.resolve() for root in roots))
    return Plan(told_roots, base, frozenset(allow), tree, staged, tuple(rewrites), tuple(left), troubles)


def rewritten(source: Source, tree: Tree) -> tuple[Source, list[Rewrite], tuple[Trouble, ...]]:
    """Apply every rule to one source. Returns it as it is then, what was rewritten, and what could not be.

    One that is written for Octave is left alone: what looks odd in it is meant.
    """
    rewrites: list[Rewrite] = []
    troubles: list[Trouble] = []
    for module in rewriting() if not source.is_octave else ():
        if not module.TRIGGER.search(source.text):
            continue
        said = list(module.rewrite(source, tree))
        troubles += [each for each in said if isinstance(each, Trouble)]
        edits = [each for each in said if isinstance(each, Edit)]
        source = _applied(source, edits, module.RULE, rewrites, troubles)
    source = _applied(source, list(muted(source, tree)), MOVED, rewrites, troubles)
    return source, rewrites, tuple(troubles)


def _applied(
    source: Source, edits: list[Edit], rule: str, rewrites: list[Rewrite], troubles: list[Trouble]
) -> Source:
    """Make the edits of one rule, and note each line that is other then; edits that would move lines are not made."""
    if not edits:
        return source
    new = source.edited(edits)
    old_lines, new_lines = lines(source.text), lines(new.text)
    if len(old_lines) != len(new_lines):
        line = len(lines(source.text[: edits[0].start + 1]))
        troubles.append(source.trouble(min(line, len(old_lines)), MOVES, MEND, rule, CANNOT))
        return source
    starts = list(accumulate((len(line) for line in old_lines), initial=0))
    whys = {bisect_right(starts, edit.start) - 1: edit.why for edit in reversed(edits)}
    why = edits[0].why
    for number, (old, now) in enumerate(zip(old_lines, new_lines, strict=True)):
        if old != now:
            why = whys.get(number, why)
            before, after = readable(old), readable(now)
            if before != after:
                rewrites.append(Rewrite(source.where, number + 1, before, after, why, rule))
            elif not any(
                each.rule == rule for each in rewrites
            ):  # its end alone is other: once for all lines
                rewrites.append(Rewrite(source.where, number + 1, f"{before}<CR>", f"{after}<LF>", why, rule))
    return new


def _text(found: Found) -> str:
    try:
        return found.path.read_bytes().decode("latin-1")
    except OSError as error:
        raise FileError(f"{found.path}: cannot be read: {error.strerror}") from error
