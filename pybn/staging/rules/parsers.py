"""`f(x, 'tol', 1e-3)` where tol is added by addOptional: MATLAB's inputParser takes it by name, Octave's does not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.staging.code import is_field, replaced
from pybn.staging.findings import Edit, Trouble
from pybn.staging.scopes import scopes
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "optional-by-name"
TRIGGER = re.compile(r"\binputParser\b")
WHY = (
    "MATLAB's inputParser takes what addOptional adds by name too, and lets its check return nothing; Octave's does "
    "neither, and takes a name for a value where there is no check"
)


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each inputParser of a file that adds optional arguments."""
    if "addOptional" not in source.words or "inputParser" in tree.by_name:
        return
    for scope in scopes(source):
        for index in scope.indices():
            named = source.tokens[index].kind == "name" and source.tokens[index].text == "inputParser"
            if named and "inputParser" not in scope.names and not is_field(source.tokens, index):
                yield replaced(source, index, index + 1, "pybn_parser", WHY)
