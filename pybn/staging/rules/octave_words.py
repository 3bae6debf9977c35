"""`do`, `until`, `endif` and the like: names in MATLAB, keywords in Octave. The variables get another name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.mfile.words import OCTAVE_ONLY
from pybn.staging.code import is_field, replaced
from pybn.staging.findings import CANNOT, Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "octave-keyword"
TRIGGER = re.compile(r"\b(?:do|until|unwind_protect\w*|end(?:[a-z]|_)\w*)\b")
WHY = "{0}: a keyword in Octave; the variable gets another name in the copy"
NAME = "{0}: a keyword in Octave, and the name of a {1} here"
FIX = "call it something else"


def rewrite(source: Source, _tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each use of such a variable, and a trouble for what is called so from other files."""
    used = OCTAVE_ONLY & source.words
    if not used:
        return
    heads = {head.name for _, head in source.functions}
    told = source.outline.class_
    members = (
        {p.name for p in told.properties} | {m.name for m in told.methods} if told is not None else set()
    )
    for word in sorted(used & (heads | members)):
        line = next(t.line for t in source.tokens if t.text == word and t.kind == "name")
        kind = "function" if word in heads else "property"
        yield source.trouble(line, NAME.format(word, kind), FIX, RULE, CANNOT)
    for index, token in enumerate(source.tokens):
        if (
            token.kind == "name"
            and token.text in used - heads - members
            and not is_field(source.tokens, index)
        ):
            new = f"{token.text}_"
            while new in source.words:
                new += "_"
            yield replaced(source, index, index + 1, new, WHY.format(token.text))
