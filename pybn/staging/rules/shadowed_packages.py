"""A package that is called as a function of Octave, +test: Octave calls its own. By feval it finds what is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.staging.code import before, is_field, replaced
from pybn.staging.findings import CANNOT, Edit, Trouble
from pybn.staging.known import octave
from pybn.staging.scopes import arguments, scopes
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "shadowed-package"
TRIGGER = re.compile(r"")  # the tree's packages decide
WHY = "{0}: Octave has a function of that name, and takes it for the package; feval finds what is in the package"
STATIC = "{0}: Octave has a function of that name, and takes it for the package; feval finds no more than functions"
FIX = "call the package something else"


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each call of a function or constructor in such a package, a trouble for what else it has."""
    shadowed = tree.packages & octave() & source.words
    found = source.tokens
    for scope in scopes(source) if shadowed else ():
        for index in scope.indices():
            token = found[index]
            if token.kind != "name" or token.text not in shadowed - scope.names or is_field(found, index):
                continue
            left = before(found, index)
            handle = left >= 0 and found[left].text == "@" and found[left].kind == "op"
            if handle and left > 0 and found[left - 1].kind == "name":
                continue  # obj@test.Base(x), which Octave takes for what it is
            name, last = _whole(source, index, tree)
            if not name:
                yield source.trouble(token.line, STATIC.format(token.text), FIX, RULE, CANNOT)
                continue
            why = WHY.format(token.text)
            if handle:
                yield replaced(source, left, last, f"@(varargin) feval('{name}', varargin{{:}})", why)
            elif last < len(found) and found[last].text == "(":
                given = ", " if arguments(found, last) else ""
                yield replaced(source, index, last + 1, f"feval('{name}'{given}", why)
            else:
                yield replaced(source, index, last, f"feval('{name}')", why)


def _whole(source: Source, index: int, tree: Tree) -> tuple[str, int]:
    """Return the whole name of a function or class of the tree that begins at a token, and the index after it."""
    found, name, at = source.tokens, source.tokens[index].text, index + 1
    while at + 1 < len(found) and found[at].text == "." and found[at + 1].kind == "name":
        name, at = f"{name}.{found[at + 1].text}", at + 2
        if name in tree.packaged:
            static = name in tree.classes and at < len(found) and found[at].text == "."
            return ("", 0) if static else (name, at)
    return "", 0
