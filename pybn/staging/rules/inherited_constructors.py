"""A class without a constructor: MATLAB hands its arguments to that of the base class, Octave drops them in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.mfile import Class
from pybn.staging.code import inserted
from pybn.staging.findings import Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree, packages

RULE = "inherited-constructor"
TRIGGER = re.compile(r"\bclassdef\b[^\r\n]*<")
WHY = "without a constructor here, Octave would drop the arguments that MATLAB hands to the base class's"


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield the constructor that MATLAB makes by itself, on the line of the class's end."""
    told = source.outline.class_
    if told is None or told.constructor is not None or len(told.bases) != 1 or told.enumeration:
        return
    block = next((b for b in source.blocks if b.word == "classdef"), None)
    if block is None or block.last >= len(source.tokens) or not _takes_some(source, told, tree):
        return
    made = f"function obj = {told.name}(varargin), obj@{told.bases[0]}(varargin{{:}}); end"
    yield inserted(source.tokens[block.last].start, f"methods, {made}, end, ", WHY)


def _takes_some(source: Source, told: Class, tree: Tree) -> bool:
    """Tell whether the nearest base class with a constructor takes arguments."""
    lineage = tree.lineage(".".join([*packages(source.where), told.name]))
    made = (tree.classes[name].constructor for name in lineage if name in tree.classes)
    nearest = next((each for each in made if each is not None), None)
    return nearest is not None and bool(nearest.inputs)
