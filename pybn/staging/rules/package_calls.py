"""`pkg.make(x).method(y)`: Octave takes nothing of what a package's function returns; of what feval returns it does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.staging.code import after, closing, is_field, replaced
from pybn.staging.findings import Edit, Trouble
from pybn.staging.scopes import Scope, arguments, scopes
from pybn.staging.source import Source
from pybn.staging.tree import Tree, packages

RULE = "package-call"
TRIGGER = re.compile(r"\.[ \t]*[A-Za-z]\w*[ \t]*\([^\r\n]*\)[ \t]*\.[ \t]*[A-Za-z(]", re.ASCII)
WHY = "Octave takes no field, property or method of what a package's function returns, but of what feval returns"


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each call of a function of a package whose result is indexed at once."""
    known = _functions(tree)
    for scope in scopes(source) if known else ():
        for index in scope.indices():
            name, opening = _call(source, scope, index)
            if name in known and _is_indexed(source, opening):
                given = ", " if arguments(source.tokens, opening) else ""
                yield replaced(source, index, opening + 1, f"feval('{name}'{given}", WHY)


def _functions(tree: Tree) -> frozenset[str]:
    """Return the functions in packages, by their whole names."""
    inner = [source for source in tree.sources if "+" in source.where]
    return frozenset(
        ".".join([*packages(source.where), source.path.stem])
        for source in inner
        if packages(source.where) and not source.class_name and "/@" not in source.where
    )


def _call(source: Source, scope: Scope, index: int) -> tuple[str, int]:
    """Return the name with dots that begins at a token, and where its bracket opens; "" and 0 for none."""
    found = source.tokens
    if found[index].kind != "name" or found[index].text in scope.names or is_field(found, index):
        return "", 0
    name, at = found[index].text, index + 1
    while at + 1 < len(found) and found[at].text == "." and found[at + 1].kind == "name":
        name, at = f"{name}.{found[at + 1].text}", at + 2
    return (name, at) if "." in name and at < len(found) and found[at].text == "(" else ("", 0)


def _is_indexed(source: Source, opening: int) -> bool:
    """Tell whether a dot follows the bracket's end; between brackets, where space divides, at once."""
    found, close = source.tokens, closing(source.tokens, opening)
    then = close + 1 if found[close].depth else after(found, close)
    return then < len(found) and found[then].text == "." and found[then].kind == "op"
