"""`x - --y`, `a--b`: two signs to MATLAB. Octave counts a variable down, or does not read it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.staging.code import before, inserted
from pybn.staging.findings import SILENT, Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "double-sign"
TRIGGER = re.compile(r"\+\+|--")
WHY = "Octave reads ++ and -- as one operator, which changes the variable; MATLAB as two signs"
FIX = "put the second sign into brackets: -(-x)"


def rewrite(source: Source, _tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield a space between two signs before an operand; between square brackets, where space divides, a trouble."""
    found = source.tokens
    for index in range(len(found) - 2):
        first, second, then = found[index : index + 3]
        if first.text not in ("+", "-") or second.text != first.text or second.kind != "op":
            continue
        if then.kind == "space" and index + 3 < len(found):
            then = found[index + 3]
        if then.kind not in ("name", "number") and then.text != "(":
            continue  # x++ at the end of a statement is Octave's own
        left = before(found, index)
        if left < 0 or found[left].kind == "newline" or (found[left].text in (";", ",") and not first.depth):
            continue  # ++x as a statement, also Octave's own
        if _divided(source, index):
            yield source.trouble(first.line, WHY, FIX, RULE, SILENT)
        else:
            yield inserted(second.start, " ", WHY)


def _divided(source: Source, index: int) -> bool:
    """Tell whether space divides elements here: after an operand and space, the nearest bracket being [ or {."""
    found = source.tokens
    at = index
    while at >= 0 and found[at].depth >= found[index].depth:
        at -= 1
    inside = found[index].depth > 0 and at >= 0 and found[at].text in ("[", "{")
    operand = found[before(found, index)]
    return (
        inside
        and found[index - 1].kind == "space"
        and (operand.kind != "op" or operand.text in (")", "]", "}", "'"))
    )
