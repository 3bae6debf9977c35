"""Members that MATLAB lets a base class's method or a file's own function reach, and Octave does not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.mfile.blocks import Block
from pybn.mfile.outline import attributes, attributes_end, declarations
from pybn.staging.code import after, closing, is_field, replaced
from pybn.staging.findings import Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree, packages

RULE = "access"
TRIGGER = re.compile(r"Access[ \t]*=[ \t]*['\"]?(?:p?r|\?|\{)", re.IGNORECASE)
FUNCTION = re.compile(r"(?:\A|[\r\n])function\b")  # after a classdef they are not indented
NAMES = frozenset({"access", "getaccess", "setaccess"})
BASE = "{0}: Octave lets no method of a base class reach what a class keeps from others"
LOCAL = "{0}: Octave lets no function after the classdef reach what the class keeps from others"
LIST = "{0}: Octave wants every class of an access list to exist"


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each block whose members are reached so: they are public in the copy."""
    if not (tree.inherits or "?" in source.text or FUNCTION.search(source.text)):
        return
    told = source.outline.class_
    if told is None:
        return
    name = ".".join([*packages(source.where), told.name])
    for outer in source.blocks:
        for block in outer.inner if outer.word == "classdef" else ():
            if block.word in ("properties", "methods"):
                why = _reason(source, tree, name, block)
                if why:
                    yield from _public(source, block, why)


def _reason(source: Source, tree: Tree, name: str, block: Block) -> str:
    """Say why a block's members have to be public, "" if they need not."""
    told = attributes(source.tokens, block.first + 1, block.last)
    access = {told[key].lower() for key in NAMES & told.keys()} - {"public"}
    if not access:
        return ""
    listed = [c for text in access for c in re.findall(r"\?\s*([\w.]+)", text)]
    missing = [c for c in listed if c not in {each.lower() for each in tree.classes}] if listed else []
    if missing:
        return LIST.format(", ".join(missing))
    members = _members(source, block)
    for base in list(tree.lineage(name))[1:] if tree.inherits else ():
        if base in tree.files:
            reached = sorted(members & tree.reached(base) - tree.members(base))
            if reached:
                return BASE.format(", ".join(reached))
    local = set()
    for inner in source.blocks:
        if inner.word == "function":
            local |= {
                source.tokens[i].text
                for i in range(inner.first, inner.last)
                if source.tokens[i].kind == "name" and is_field(source.tokens, i)
            }
    return LOCAL.format(", ".join(sorted(members & local))) if members & local else ""


def _members(source: Source, block: Block) -> set[str]:
    if block.word == "properties":
        return {d.name for d in declarations(source.tokens, block)}
    inside = [b.first for b in block.inner]
    return {head.name for b, head in source.functions if b.first in inside}


def _public(source: Source, block: Block, why: str) -> Iterator[Edit]:
    """Yield the edits that make a block public."""
    found = source.tokens
    for index in range(block.first + 1, attributes_end(found, block)):
        if found[index].kind == "name" and found[index].text.lower() in NAMES:
            equals = after(found, index)
            if found[equals].text != "=":
                continue
            value = after(found, equals)
            stop = value
            while found[stop].text not in (",", ")") or found[stop].depth > found[index].depth:
                stop = closing(found, stop) if found[stop].text in ("{", "(") else stop
                stop += 1
                if stop >= len(found) or found[stop].depth < found[index].depth:
                    break
            yield replaced(source, value, stop, "public", why)
