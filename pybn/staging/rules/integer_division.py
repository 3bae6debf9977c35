"""`idivide(a, b)`: Octave 7 rounds negative quotients away from zero, where 'fix' rounds towards it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.staging.code import replaced
from pybn.staging.findings import Edit, Trouble
from pybn.staging.scopes import arguments, calls, literal, scopes
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "integer-division"
NAMES = frozenset({"idivide"})
TRIGGER = re.compile(r"\bidivide\b")
WHY = "Octave's idivide rounds negative quotients away from zero; pybn_idivide towards it, as MATLAB does"


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each call that rounds towards zero: those that round otherwise are right."""
    for scope in scopes(source) if "idivide" not in tree.by_name else ():
        for index, opening in calls(source, scope, NAMES):
            given = arguments(source.tokens, opening)
            if len(given) < 3 or literal(source.tokens, given[2]) == "fix":
                yield replaced(source, index, index + 1, "pybn_idivide", WHY)
