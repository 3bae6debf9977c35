"""`obj @ Base(x)`, `[a f@Base(obj)]`, `{x @f}`: what Octave takes otherwise for space around the @ or before it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.staging.code import after, before, inserted, replaced
from pybn.staging.findings import Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "base-call"
TRIGGER = re.compile(r"\w[ \t]*@[ \t]*[A-Za-z]")
SPACED = "Octave reads a call of a base class only without space around the @"
DIVIDED = "Octave does not read a call of a base class after space between brackets; a comma divides as well"
HANDLE = "Octave takes a name before @name for a call of a base class between brackets too; a comma divides as well"


def rewrite(source: Source, _tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each such call in a class, and for each handle after space between brackets."""
    found = source.tokens
    for index, token in enumerate(found):
        if token.text != "@" or token.kind != "op":
            continue
        left, right = before(found, index), after(found, index)
        if left < 0 or right >= len(found) or found[left].kind != "name" or found[right].kind != "name":
            continue
        called = found[index].line == found[right].line and _opens(source, right)
        if called and source.outline.kind == "class":
            if _divides(source, left):
                yield inserted(found[left].start, ", ", DIVIDED)
            if right - left > 2:
                yield replaced(source, left, right + 1, f"{found[left].text}@{found[right].text}", SPACED)
        elif not called and _divides(source, index):
            yield inserted(token.start, ", ", HANDLE)


def _opens(source: Source, index: int) -> bool:
    """Tell whether a name with dots is followed by a bracket."""
    found = source.tokens
    while index + 2 < len(found) and found[index + 1].text == "." and found[index + 2].kind == "name":
        index += 2
    opening = after(found, index)
    return opening < len(found) and found[opening].text == "("


def _divides(source: Source, index: int) -> bool:
    """Tell whether space before a token parts it from an element of the same [] or {}."""
    found = source.tokens
    if not found[index].depth or found[index - 1].kind != "space":
        return False
    opening = index - 1
    while opening >= 0 and found[opening].depth >= found[index].depth:
        opening -= 1
    left = before(found, index)
    operand = found[left].kind not in ("op", "newline", "keyword") or found[left].text in (")", "]", "}", "'")
    return opening >= 0 and found[opening].text in ("[", "{") and left > opening and operand
