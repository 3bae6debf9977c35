"""`[tf, k] = ismember(a, s)`, the lowest place in MATLAB, Octave's is the last; `[c, i, j] = unique(x, 'stable')`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.staging.code import before, replaced
from pybn.staging.findings import Edit, Trouble
from pybn.staging.scopes import arguments, calls, literal, scopes
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "set-function"
TRIGGER = re.compile(r"\]\s*=\s*(?:ismember|unique)\b")
PLACE = (
    "of an element that is there several times, Octave's ismember gives the last place, MATLAB's the lowest"
)
STABLE = "Octave's unique leaves the third output empty where the order is to stay"


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each such call, whose places are asked for."""
    names = frozenset({"ismember", "unique"}) - tree.by_name.keys() - tree.methods.keys()
    for scope in scopes(source):
        for index, opening in calls(source, scope, names):
            name, wanted = source.tokens[index].text, _outputs(source, index)
            texts = [literal(source.tokens, part) for part in arguments(source.tokens, opening)]
            if name == "ismember" and wanted > 1 and "legacy" not in texts:
                yield replaced(source, index, index + 1, "pybn_ismember", PLACE)
            elif name == "unique" and wanted > 2 and "stable" in texts:
                yield replaced(source, index, index + 1, "pybn_unique", STABLE)


def _outputs(source: Source, index: int) -> int:
    """Count the outputs of `[a, ~] = name(...)`; commas or space part them."""
    found = source.tokens
    equals = before(found, index)
    close = before(found, equals) if equals >= 0 and found[equals].text == "=" else -1
    if close < 0 or found[close].text != "]":
        return 1
    opening = close - 1
    while opening > 0 and not (found[opening].text == "[" and found[opening].depth == found[close].depth):
        opening -= 1
    inside = [k for k in range(opening + 1, close) if found[k].depth == found[close].depth + 1]
    starts = (k for k in inside if found[k].kind == "name" or found[k].text in ("~", "!"))
    return sum(
        found[k - 1].text in ("[", ",") or found[k - 1].kind in ("space", "continuation") for k in starts
    )
