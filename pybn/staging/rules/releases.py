"""`verLessThan('matlab', '8.1')`: fails in Octave. No release is older: the newest branch is the one to port."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.staging.code import closing, replaced
from pybn.staging.findings import Edit, Trouble
from pybn.staging.scopes import arguments, calls, literal, scopes
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "matlab-release"
TRIGGER = re.compile(r"\bverLessThan\b")
WHY = "Octave knows no release of MATLAB and fails; here none is older than the one asked for"


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each question about MATLAB itself; those about toolboxes stay."""
    for scope in scopes(source) if "verLessThan" not in tree.by_name else ():
        for index, opening in calls(source, scope, frozenset({"verLessThan"})):
            given = arguments(source.tokens, opening)
            if len(given) == 2 and (literal(source.tokens, given[0]) or "").lower() == "matlab":
                yield replaced(source, index, closing(source.tokens, opening) + 1, "false", WHY)
