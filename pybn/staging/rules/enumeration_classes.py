"""`Colour('Red')`, `isa(x, 'Level')`, `char(Level.Low)`: what the class of an enumeration does, beside its members."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.staging.code import after, before, closing, is_field, replaced
from pybn.staging.findings import SILENT, Edit, Trouble
from pybn.staging.scopes import arguments, literal
from pybn.staging.source import Source
from pybn.staging.tree import Tree, packages

RULE = "enumeration-class"
TRIGGER = re.compile(r"")  # the tree's enumerations decide
BY_NAME = "Octave has no enumerations; a member by its name is the member itself"
NUMBER = (
    "{0}: its members are of class {1} in the copy, so that {0}(...), isa, class and char tell them apart"
)
OBJECT = "{0}: the class of an enumeration looks for a member in MATLAB, and makes another object in the copy"
FIX = "compare with the members themselves: x == Name.Member"
ASKING = frozenset({"isa", "validateattributes"})
COMPARING = frozenset({"strcmp", "strcmpi", "ismember", "isequal"})
NAMING = frozenset({"char", "string"})


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each member that is asked for by its name, a trouble for what else asks for the class."""
    if not tree.enumerations:
        return
    short = {name.partition(".")[0] for name in tree.enumerations}
    for index, token in enumerate(source.tokens):
        if token.kind == "string" and token.text[1:-1] in tree.enumerated and _is_asked(source, index):
            name = token.text[1:-1]
            yield source.trouble(token.line, NUMBER.format(name, tree.enumerated[name]), FIX, RULE, SILENT)
        elif token.kind == "name" and token.text in short and not is_field(source.tokens, index):
            name, last = _whole(source, index, tree)
            if name:
                yield from _use(source, tree, name, index, last)


def _use(source: Source, tree: Tree, name: str, index: int, last: int) -> Iterator[Edit | Trouble]:
    """Yield what is to be done about one use of the class; `last` is the index after its name."""
    found = source.tokens
    base = tree.enumerated.get(name, "")
    why = NUMBER.format(name, base) if base else OBJECT.format(name)
    if last < len(found) and found[last].text == "(":
        given = arguments(found, last)
        text = literal(found, given[0]) if len(given) == 1 else None
        if text in tree.enumerations[name]:
            yield replaced(source, index, closing(found, last) + 1, f"{name}.{text}", BY_NAME)
        elif given and (base or not _is_own(source, name)):
            yield source.trouble(found[index].line, why, FIX, RULE, SILENT)
    elif base and source.openings[index] >= 0:
        asks = before(found, source.openings[index])
        if asks >= 0 and found[asks].text in NAMING and found[asks].kind == "name":
            yield source.trouble(found[index].line, why, FIX, RULE, SILENT)


def _whole(source: Source, index: int, tree: Tree) -> tuple[str, int]:
    """Return the whole name of an enumeration that begins at a token, and the index after it; "" for none."""
    found, name, at = source.tokens, source.tokens[index].text, index + 1
    while name not in tree.enumerations:
        if at + 1 >= len(found) or found[at].text != "." or found[at + 1].kind != "name":
            return "", 0
        name, at = f"{name}.{found[at + 1].text}", at + 2
    return name, at


def _is_own(source: Source, name: str) -> bool:
    return ".".join([*packages(source.where), source.class_name]) == name


def _is_asked(source: Source, index: int) -> bool:
    """Tell whether a text is the name of a class: isa(x, 'Level'), strcmp(class(x), 'Level'), a case of it."""
    found, opening = source.tokens, source.openings[index]
    name = before(found, opening) if opening > 0 else before(found, index)
    asks = found[name].text if name >= 0 else ""
    line = {t.text for t in found[max(0, index - 40) : after(found, index)] if t.line == found[index].line}
    return asks in ASKING or (asks in COMPARING and "class" in line)
