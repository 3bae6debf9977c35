"""`x.getLayer(i).weights = w`: Octave does not assign through what a method returns; through a variable it does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.mfile.declared import statements
from pybn.staging.code import after, closing, inserted
from pybn.staging.findings import Edit, Trouble
from pybn.staging.scopes import scopes
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "chained-assignment"
TRIGGER = re.compile(
    r"\)[ \t]*\.[ \t]*[A-Za-z(][^\r\n=~<>]{0,500}=(?!=)"
    r"|\)[ \t]*\.\.\.[^\r\n]*[\r\n]+[ \t]*\.[ \t]*[A-Za-z(]"
)
WHY = (
    "Octave does not assign through what a method returns; through a variable it does, where that is a handle"
)


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each such assignment. What is no handle then raises an error, as it does in MATLAB."""
    number = 0
    for first, last in statements(source.tokens, 0, len(source.tokens)):
        start, cut = _chain(source, tree, first, last)
        if not cut or _is_struct(source, start):
            continue
        number += 1
        while f"pybn_h{number}" in source.words:
            number += 1
        yield inserted(source.tokens[start].start, f"pybn_h{number} = pybn_handle(", WHY)
        yield inserted(cut, f"); pybn_h{number}", WHY)


def _chain(source: Source, tree: Tree, first: int, last: int) -> tuple[int, int]:
    """Return where an assignment starts, and where its last method call ends; 0 for none."""
    found, pos = source.tokens, first
    while pos < last and found[pos].kind == "keyword":  # else x.f(1).y = 2
        pos = after(found, pos)
    if pos >= last or found[pos].kind != "name":
        return 0, 0
    start, cut = pos, 0
    pos = after(found, pos)
    while pos < last:
        if found[pos].text in ("(", "{"):
            pos = after(found, closing(found, pos))
        elif found[pos].text == "." and after(found, pos) < last:
            name = after(found, pos)
            opening = after(found, name)
            if found[name].kind == "name" and opening < last and found[opening].text == "(":
                close = closing(found, opening)
                then = after(found, close)
                if then < last and found[then].text == "." and _is_method(tree, found[name].text):
                    cut = found[close].end
            pos = opening
        else:
            break
    assigned = pos < last and found[pos].text == "=" and found[pos].depth == 0
    return (start, cut) if assigned else (0, 0)


def _is_method(tree: Tree, name: str) -> bool:
    return name in tree.methods and name not in tree.properties


def _is_struct(source: Source, index: int) -> bool:
    """Tell whether a variable is a struct that the function makes itself: assigned nothing before, or struct(...)."""
    name = source.tokens[index].text
    scope = next((s for s in scopes(source) if s.first <= index < s.last and s.word == "function"), None)
    if scope is None or scope.unseen or name in scope.inputs or name not in scope.names:
        return False
    values = [value for at, value in scope.assigned.get(name, []) if at < index]
    known = [value for value in values if value is not None]
    return not values or (bool(known) and source.tokens[known[-1][0]].text == "struct")
