"""`containers.Map('UniformValues', false)`: an empty map in MATLAB; in Octave one with the key 'UniformValues'."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.staging.code import DEEPEST, closing, is_field, replaced
from pybn.staging.findings import Edit, Trouble
from pybn.staging.scopes import arguments, literal
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "uniform-values"
TRIGGER = re.compile(r"UniformValues")
WHY = "Octave takes 'UniformValues' for a key where nothing comes before it; a map without arguments is the same"


def rewrite(source: Source, _tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each such map."""
    found = source.tokens
    for index in range(len(found) - 3):
        name = "".join(t.text for t in found[index : index + 3])
        deep = found[index].depth >= DEEPEST
        if name != "containers.Map" or found[index + 3].text != "(" or deep or is_field(found, index):
            continue
        given = arguments(found, index + 3)
        if len(given) == 2 and (literal(found, given[0]) or "").lower() == "uniformvalues":
            yield replaced(source, index + 3, closing(found, index + 3) + 1, "()", WHY)
