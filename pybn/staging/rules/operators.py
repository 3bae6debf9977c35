"""An operator method that never assigns its output: MATLAB lets it pass where nobody takes it, Octave does not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.staging.code import inserted, is_whole
from pybn.staging.findings import Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "unassigned-output"
OPERATORS = frozenset(
    {
        "plus", "minus", "uminus", "uplus", "times", "mtimes", "rdivide", "mrdivide", "ldivide", "mldivide", "power",
        "mpower", "lt", "gt", "le", "ge", "ne", "eq", "and", "or", "not", "colon", "transpose", "ctranspose",
        "horzcat", "vertcat",
    }
)  # fmt: skip
TRIGGER = re.compile(r"function\b[^\r\n]*?\b(?:" + "|".join(sorted(OPERATORS)) + r")[ \t]*\(")
WHY = "Octave takes the output of an operator even where nobody asks for it, and this one is never assigned"


def rewrite(source: Source, _tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each method that is one."""
    if source.outline.kind != "class":
        return
    for block, head in source.functions:
        if head.name not in OPERATORS or not is_whole(source, block, head):
            continue
        used = {t.text for t in source.tokens[head.last : block.last] if t.kind == "name"}
        missing = [name for name in head.outputs if name not in used and name not in ("varargout", "~")]
        if missing:
            at = source.tokens[head.last - 1].end
            yield inserted(at, "".join(f", {name} = [];" for name in missing), WHY)
