"""`enumeration` blocks, which Octave has not: constants of the numeric class they are, or objects with a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.mfile.blocks import Block
from pybn.mfile.declared import statements, text_of
from pybn.mfile.lexer import SILENT as SILENT_KINDS
from pybn.mfile.outline import attributes_end
from pybn.staging.code import after, replaced
from pybn.staging.findings import CANNOT, Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree, packages

RULE = "enumeration"
TRIGGER = re.compile(r"")
WHY = "Octave has no enumerations; {}"
CONSTANTS = "the members are constants of class {}"
OBJECTS = "the members are objects of the class, compared by name"
FIX = "use constants in place of the enumeration: properties (Constant)"
MADE = "function r = {0}(), r = CLASS({1}); r.pybn_member = '{0}'; end"
MADE_ONCE = "function r = {0}(), persistent m; if ~isobject(m), m = CLASS({1}); m.pybn_member = '{0}'; end, r = m; end"
SUPPORT = {
    "eq": "function t = eq(a, b), t = strcmp(char(a), char(b)); end,",
    "ne": "function t = ne(a, b), t = ~strcmp(char(a), char(b)); end,",
    "char": "function t = char(a), t = a.pybn_member; end,",
}


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield the edits of a class with an enumeration, or the trouble with it."""
    told = source.outline.class_ if "enumeration" in source.text else None
    if told is not None and told.enumeration:
        problem = _problem(source, tree)
        if problem:
            yield source.trouble(told.line, WHY.format(problem), FIX, RULE, CANNOT)
        else:
            yield from _class(source, tree)


def _problem(source: Source, tree: Tree) -> str:
    """Say what of an enumeration cannot be carried over, "" if all can."""
    told = source.outline.class_
    assert told is not None  # noqa: S101
    blocks = [b for outer in source.blocks if outer.word == "classdef" for b in outer.inner]
    name = ".".join([*packages(source.where), told.name])
    if not all(b.closed for b in blocks):
        return "a block has no end"
    numeric = name in tree.enumerated
    if not numeric and any(base not in tree.classes and base != "handle" for base in told.bases):
        return f"members that are of class {' & '.join(told.bases)} cannot be made"
    if numeric and any(not m.static for m in told.methods):
        return f"a constant of class {told.bases[0]} has no methods"
    if numeric and not all(value for _, value in told.enumeration):
        return "a member has no value"
    if any(not re.fullmatch(r"[A-Za-z]\w*", member) for member, _ in told.enumeration):
        return "a member has no name"
    return ""


def _class(source: Source, tree: Tree) -> Iterator[Edit]:
    """Yield the edits of a class that can be carried over."""
    told = source.outline.class_
    assert told is not None  # noqa: S101
    name = ".".join([*packages(source.where), told.name])
    base = tree.enumerated.get(name, "")
    why = WHY.format(CONSTANTS.format(base) if base else OBJECTS)
    made = MADE_ONCE if tree.is_handle(name) else MADE
    for outer in source.blocks:
        if outer.word != "classdef":
            continue
        if base:
            first = next(i for i in range(outer.first, outer.last) if source.tokens[i].text == "<")
            yield replaced(source, first, after(source.tokens, first) + 1, "", why)
        opened = False
        for block in outer.inner:
            if block.word == "enumeration":
                text = "properties (Constant)" if base else _opening(source, opened)
                opened = True
                yield replaced(source, block.first, block.first + 1, text, why)
                member = "{0} = " + base + "({1});" if base else made.replace("CLASS", name)
                yield from _members(source, block, member, why)


def _opening(source: Source, opened: bool) -> str:
    """Return the line that `enumeration` becomes: once with what makes objects comparable."""
    told = source.outline.class_
    assert told is not None  # noqa: S101
    have = {m.name for m in told.methods}
    support = " ".join(text for name, text in SUPPORT.items() if name not in have)
    first = f"properties (Hidden), pybn_member = ''; end, methods, {support} end, "
    return ("" if opened else first) + "methods (Static),"


def _members(source: Source, block: Block, made: str, why: str) -> Iterator[Edit]:
    """Yield an edit for each member, and for the commas between them."""
    for first, last in statements(source.tokens, attributes_end(source.tokens, block), block.last):
        member, _, value = text_of(source.tokens[first:last]).partition("(")
        member, value = member.strip(), value.strip().removesuffix(")").strip()
        stop = max(i for i in range(first, last) if source.tokens[i].kind not in SILENT_KINDS) + 1
        stop = last + 1 if last < block.last and source.tokens[last].text in (",", ";") else stop
        text = made.format(member, value)
        yield replaced(
            source, first, stop, text + ("," if stop == last + 1 and text.endswith("end") else ""), why
        )
