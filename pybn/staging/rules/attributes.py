"""`SetAccess = immutable`: Octave does not know it, or dies of it. Private is as close."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.mfile.outline import attributes_end
from pybn.staging.code import all_blocks, replaced
from pybn.staging.findings import Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "immutable"
TRIGGER = re.compile(r"mmutable")
WHY = "Octave does not know 'immutable'; private lets the class alone set it as well"


def rewrite(source: Source, _tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each attribute."""
    for block in all_blocks(source):
        if block.word == "properties":
            for index in range(block.first + 1, attributes_end(source.tokens, block)):
                token = source.tokens[index]
                if token.text.strip("'\"").lower() == "immutable":
                    yield replaced(source, index, index + 1, "private", WHY)
