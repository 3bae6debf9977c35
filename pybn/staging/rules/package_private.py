"""Functions of a folder `private` in a package, which Octave does not find: they get a package of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.staging.code import is_field, replaced
from pybn.staging.findings import Edit, Trouble
from pybn.staging.scopes import scopes
from pybn.staging.source import Source
from pybn.staging.tree import Tree, private_package

RULE = "package-private"
TRIGGER = re.compile(r"")  # the folder decides
WHY = "{0}: Octave does not find functions of a folder private in a package; it is called by its whole name"


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each use of such a function in its folder, and in the one around it."""
    known = tree.private.get(source.where.rpartition("/")[0].removesuffix("/private"), {})
    own = {head.name for _, head in source.functions} - ({source.path.stem} if _is_private(source) else set())
    wanted = {stem: name for stem, name in known.items() if stem in source.words and stem not in own}
    for scope in scopes(source) if wanted else ():
        for index in scope.indices():
            name = source.tokens[index].text
            if index < scope.head or source.tokens[index].kind != "name" or name not in wanted:
                continue
            if name not in scope.assigned and name not in scope.inputs and not is_field(source.tokens, index):
                yield replaced(source, index, index + 1, wanted[name], WHY.format(wanted[name]))


def _is_private(source: Source) -> bool:
    return private_package(source.where) != ""
