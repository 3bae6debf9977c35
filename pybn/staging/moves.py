"""Where a file goes in the copy: mostly where it was; a class with methods that are declared alone, into @Name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.staging.code import all_blocks, inserted
from pybn.staging.findings import Edit
from pybn.staging.source import Source
from pybn.staging.tree import Tree, packages, private_package

ABSTRACT = re.compile(
    r"\babstract\b", re.IGNORECASE
)  # only such a class can lack a body, in a file of its own
RULE = "class-folder"
PRIVATE_RULE = "package-private"
WHY = "Octave takes methods that are declared without a body in a folder of the class alone"
NAME = "Octave wants a class in a file of its name"
PRIVATE = "Octave does not find functions of a folder private in a package; in a package of their own it does"
MUTE = "Octave takes methods without a body in class folders alone, and this file has to stay: {}"


def destination(source: Source, tree: Tree) -> tuple[str, str, str]:
    """Return where a file goes below the tree's copy; why, and by which rule, if that is elsewhere than it was."""
    if (moved := private_package(source.where)) and tree.free(moved):
        return moved, PRIVATE, PRIVATE_RULE
    name = source.class_name
    folder, _, _ = source.where.rpartition("/")
    if not name or folder.rpartition("/")[2].startswith("@"):
        return source.where, "", ""
    prefix = f"{folder}/" if folder else ""
    if _bare(source) and not _stays(source, tree):
        return _own_folder(source), WHY, RULE
    named = f"{prefix}{name}.m"
    if source.path.stem != name and tree.free(named):
        return named, NAME, RULE
    return source.where, "", ""


def muted(source: Source, tree: Tree) -> Iterator[Edit]:
    """Yield the edits of a class that should move and has to stay: the bare signatures become comments."""
    folder = source.where.rpartition("/")[0].rpartition("/")[2]
    if not source.class_name or folder.startswith("@") or not _bare(source):
        return
    why = _stays(source, tree)
    if not why:
        return
    lines = (
        {m.line for m in source.outline.class_.methods if m.signature_only}
        if source.outline.class_
        else set()
    )
    bodies = [(b.first, b.last) for b in all_blocks(source) if b.word == "function"]
    for index, token in enumerate(source.tokens):
        if token.line in lines and token.kind not in ("space", "newline"):
            lines.discard(token.line)
            if not any(first <= index <= last for first, last in bodies):
                yield inserted(token.start, "% ", MUTE.format(why))


def _bare(source: Source) -> bool:
    told = source.outline.class_ if ABSTRACT.search(source.text) else None
    return told is not None and any(m.signature_only for m in told.methods)


def _own_folder(source: Source) -> str:
    """Return where a class goes that is to have a folder of its own."""
    folder, slash, _ = source.where.rpartition("/")
    return f"{folder}{slash}@{source.class_name}/{source.class_name}.m"


def _stays(source: Source, tree: Tree) -> str:
    """Say why a class cannot go into a folder of its own, "" if it can."""
    if not tree.free(_own_folder(source)):
        return f"something else is where {_own_folder(source)} would be"
    if "mfilename" in source.words or "which" in source.words:
        return "it asks where it is"
    folder = source.where.rpartition("/")[0]
    if packages(source.where):
        return ""  # what is private there moves as well
    beside = f"{folder}/private/" if folder else "private/"
    private = {place.removeprefix(beside)[:-2] for place in tree.places if place.startswith(beside)}
    used = sorted(private & source.words)
    return f"it calls {used[0]} of the folder private" if used else ""
