"""Arrays of objects: Octave has no empty ones, does not join objects, and repeats none."""

from __future__ import annotations

from collections.abc import Iterator

from pybn.staging.code import after, before, closing, is_field
from pybn.staging.findings import CANNOT, Trouble
from pybn.staging.guarded import unguarded
from pybn.staging.source import Source
from pybn.staging.tree import Tree

ARRAY = "object-array"
RULES = {ARRAY: "[a, Name(x)], x(end+1) = Name(x), Name.empty: arrays of objects"}
FIX = "keep objects in a cell: c = {}; c{end+1} = Name(x)"
WHYS = {
    "empty": "{}: Octave has no empty arrays of objects",
    "join": "{}: Octave does not join objects to an array",
    "repmat": "{}: Octave does not repeat objects",
    "grow": "{}: Octave puts no object behind the end of an array that is empty",
}


@unguarded
def troubles(source: Source, tree: Tree) -> Iterator[Trouble]:
    """Yield a trouble for each such array that can be seen: where a class of the tree is named."""
    classes = {name.rpartition(".")[2] for name in tree.classes.keys() - tree.enumerated.keys()}
    names = classes - (tree.methods.keys() - _constructed(tree))
    for index, token in enumerate(source.tokens) if names & source.words else ():
        if token.kind == "name" and token.text in names and (why := _array(source, index)):
            yield source.trouble(token.line, WHYS[why].format(token.text), FIX, ARRAY, CANNOT)


def _constructed(tree: Tree) -> set[str]:
    """Return the classes with a constructor, whose name is that of a method as well."""
    return {told.name for told in tree.classes.values() if told.constructor is not None}


def _array(source: Source, index: int) -> str:
    """Say what is made of objects of a class that is named here, "" where it is no array."""
    found = source.tokens
    start = index
    while is_field(found, start) and start >= 2:
        start -= 2
    then = after(found, index)
    if then + 1 < len(found) and found[then].text == "." and found[then + 1].text == "empty":
        return "empty"
    if then >= len(found) or found[then].text != "(" or found[index].kind != "name":
        return ""
    left, right, opening = before(found, start), after(found, closing(found, then)), source.openings[start]
    if (right < len(found) and found[right].text == ".") or (left >= 0 and found[left].text == "@"):
        return ""  # a property of it, a call of a base class
    if opening >= 0 and found[opening].text == "[":
        alone = left == opening and right < len(found) and found[right].text == "]"
        return "" if alone else "join"
    if left == opening >= 0 and (name := before(found, opening)) >= 0 and found[name].text == "repmat":
        return "repmat"
    return "grow" if _grows(source, left) else ""


def _grows(source: Source, equals: int) -> bool:
    """Tell whether `x(end+1) =` comes before."""
    found = source.tokens
    if equals < 0 or found[equals].text != "=" or found[equals].depth:
        return False
    close = before(found, equals)
    inside = [t.text for t in found[max(0, close - 8) : close] if t.kind != "space"]
    return close >= 0 and found[close].text == ")" and inside[-4:] == ["(", "end", "+", "1"]
