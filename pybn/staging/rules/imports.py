"""`import p.f`, `import p.*`: Octave has no import. What was imported is called by its whole name instead."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.mfile.blocks import Block
from pybn.mfile.lexer import SILENT as SILENT_KINDS
from pybn.staging.code import after, all_blocks, closing, is_field, replaced
from pybn.staging.findings import CANNOT, Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree, packages

RULE = "import"
TRIGGER = re.compile(r"import\b")
WHY = "Octave has no import; what it brings is called by its whole name"
NONE = "{}: Octave has no import, and no file of that name is in the tree"
BOTH = "{}: Octave has no import, and this is a variable here as well"
PATH = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*(?:\.\*)?\Z")
FIX = "call what is imported by its whole name, and leave the import out"


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield the edits: the import goes, and each use within its function gets the whole name."""
    known: dict[tuple[int, int], dict[str, str]] = {}
    variables: dict[tuple[int, int], set[str]] = {}
    for index, token in enumerate(source.tokens):
        if token.text != "import" or token.kind != "name" or is_field(source.tokens, index) or token.depth:
            continue
        names, last = _paths(source, index)
        if not names:
            continue
        scope = _scope(source, index)
        found: dict[str, str] = {}
        for name in names:
            found |= _meant(name, tree)
        if scope not in variables:
            variables[scope] = _assigned(source, scope)
        trouble = _refused(source, index, names, found, variables[scope])
        if trouble:
            yield trouble
            continue
        yield replaced(source, index, last, "", WHY)
        known.setdefault(scope, {}).update(found)
    for scope, found in known.items():
        yield from _uses(source, scope, found)


def _paths(source: Source, index: int) -> tuple[list[str], int]:
    """Return what an import names, and the index after it; nothing where it is no import."""
    found = source.tokens
    at = after(found, index)
    if at < len(found) and found[at].kind == "command":
        names, last = found[at].text.split(), at + 1
    elif at < len(found) and found[at].text == "(":
        last = closing(found, at) + 1
        inside = [t for t in found[at + 1 : last - 1] if t.kind not in SILENT_KINDS and t.text != ","]
        names = [t.text.strip("'\"") for t in inside if t.kind in ("string", "dstring")]
    else:
        return [], 0
    return ([name for name in names if PATH.match(name)] if names else []), last


def _scope(source: Source, index: int) -> tuple[int, int]:
    """Return the tokens that an import is for: those of the outermost function around it, or the file's."""
    outer: list[Block] = [b for b in all_blocks(source) if b.word == "function" and b.first < index < b.last]
    return (outer[0].first, outer[0].last) if outer else (0, len(source.tokens))


def _meant(name: str, tree: Tree) -> dict[str, str]:
    """Return the whole name of each thing that an import brings, by its short one."""
    if not name.endswith(".*"):
        return {name.rpartition(".")[2]: name}
    package = name[:-2].split(".")
    return {
        source.path.stem: f"{name[:-1]}{source.path.stem}"
        for source in tree.sources
        if packages(source.where) == package and "@" not in source.where.rpartition("+")[2]
    } | {each.rpartition(".")[2]: each for each in tree.classes if each.split(".")[:-1] == package}


def _assigned(source: Source, scope: tuple[int, int]) -> set[str]:
    """Return the names that are variables in a scope."""
    found = source.tokens
    names = (i for i in range(*scope) if found[i].kind == "name" and not found[i].depth)
    then = ((i, after(found, i)) for i in names if not is_field(found, i))
    return {found[i].text for i, k in then if k < len(found) and found[k].text == "="}


def _refused(
    source: Source, index: int, names: list[str], found: dict[str, str], variables: set[str]
) -> Trouble | None:
    """Return the trouble of an import that cannot be carried over."""
    line = source.tokens[index].line
    if not found:
        return source.trouble(line, NONE.format(", ".join(names)), FIX, RULE, CANNOT)
    both = sorted(found.keys() & variables)
    return source.trouble(line, BOTH.format(", ".join(both)), FIX, RULE, CANNOT) if both else None


def _uses(source: Source, scope: tuple[int, int], found: dict[str, str]) -> Iterator[Edit]:
    """Yield an edit for each use of a short name."""
    for at in range(*scope):
        token = source.tokens[at]
        if token.kind == "name" and token.text in found and not is_field(source.tokens, at):
            yield replaced(source, at, at + 1, found[token.text], WHY)
