"""Private methods of one name in a class and its base: each calls its own. Octave looks for the object's, and fails."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.mfile import Class
from pybn.staging.code import after, is_field, replaced
from pybn.staging.findings import Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree, packages

RULE = "private-method"
TRIGGER = re.compile(r"Access[ \t]*=[ \t]*['\"]?private", re.IGNORECASE)
WHY = "in a class, a private method is its own, whatever classes that build on it have; Octave takes the object's"


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield edits that give such a method a name of its own, where it is defined and where the object's is called."""
    told = source.outline.class_
    if told is None or not (names := _shared(source, told, tree)):
        return
    found = source.tokens
    for block, head in source.functions:
        objects = {*head.inputs[:1], *(head.outputs[:1] if head.name == told.name else ())}
        for index in range(block.first, min(block.last, len(found))):
            if found[index].kind == "name" and found[index].text in names:
                defined = found[index].text == head.name and index < head.last
                if defined or _is_called(source, index, objects):
                    yield replaced(source, index, index + 1, f"{found[index].text}_of_{told.name}", WHY)


def _shared(source: Source, told: Class, tree: Tree) -> frozenset[str]:
    """Return the private methods that a class above or below has by the same name."""
    own = {m.name for m in told.methods if m.access == "private" and not (m.static or m.signature_only)}
    name = ".".join([*packages(source.where), told.name])
    if not own or not tree.inherits:
        return frozenset()
    kin = {n for n in tree.lineage(name) if n in tree.classes}
    kin |= {n for n in tree.classes if name in tree.lineage(n)}
    return frozenset(own & {m.name for n in kin - {name} for m in tree.classes[n].methods})


def _is_called(source: Source, index: int, objects: set[str]) -> bool:
    """Tell whether a name is that of `obj.name` or `name(obj`, with the method's own object."""
    found = source.tokens
    if is_field(found, index):
        return index > 1 and found[index - 2].text in objects and not is_field(found, index - 2)
    opening = after(found, index)
    inside = after(found, opening) if opening < len(found) else opening
    return inside < len(found) and found[opening].text == "(" and found[inside].text in objects
