"""Code that knows of Octave itself: what stands within `if isOctave ... else ... end` is the author's own doing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import wraps

from pybn.staging.code import all_blocks
from pybn.staging.findings import Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree

OCTAVE = re.compile(r"octave|isoct", re.IGNORECASE)
Telling = Callable[[Source, Tree], Iterable[Trouble]]


def unguarded(troubles: Telling) -> Telling:
    """Leave out the troubles of lines in a block whose condition asks for Octave."""

    @wraps(troubles)
    def told(source: Source, tree: Tree) -> Iterator[Trouble]:
        lines = guarded(source)
        for each in troubles(source, tree):
            if each.line not in lines:
                yield each

    return told


def guarded(source: Source) -> frozenset[int]:
    """Return the lines of the blocks whose condition asks for Octave."""
    if not OCTAVE.search(source.text):
        return frozenset()
    found, lines = source.tokens, set[int]()
    for block in all_blocks(source):
        if block.word != "if":
            continue
        stop = next((i for i in range(block.first, block.last) if found[i].kind == "newline"), block.last)
        if any(t.kind in ("name", "string") and OCTAVE.search(t.text) for t in found[block.first : stop]):
            last = found[min(block.last, len(found) - 1)].line
            lines |= set(range(found[block.first].line, last + 1))
    return frozenset(lines)
