"""`x (1,1) double = 0` among the properties: Octave passes over it, or does not read it. Written out, with a setter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pybn.mfile.blocks import Block
from pybn.mfile.declared import Declared, Signature
from pybn.mfile.members import is_set
from pybn.mfile.outline import attributes, declarations
from pybn.staging.code import inserted, is_whole, line_is_its_own, replaced
from pybn.staging.findings import SILENT, Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree
from pybn.staging.validation import TEXT, checks, dims, unclear

RULE = "property-type"
TRIGGER = re.compile(r"(?:\A|[\r\n])[ \t]*properties\b")
TYPED = re.compile(r"[ \t;,)]*[A-Za-z]\w*[ \t]*(?:\(|@|\{|[ \t][A-Za-z])")
MORE = re.compile(r"[;,][ \t]*[A-Za-z]")  # another one on the same line
LINE = re.compile(r"[\r\n]+")
ENDS = re.compile(r"[ \t]*(?:end|methods|function|events|enumeration)\b")
WHY = "Octave passes over the size, class and validators of a property, or does not read them"
FIX = "leave the size and the class out, and check in a set method"


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield the edits of each property that is declared with more than a default."""
    if not source.class_name or not _may_be(source.text):
        return
    setters = {
        head.name: head
        for block, head in source.functions
        if head.name.startswith("set.") and is_whole(source, block, head)
    }
    for outer in source.blocks:
        for block in outer.inner if outer.word == "classdef" else ():
            if block.word == "properties":
                yield from _block(source, tree, block, setters)


def _may_be(text: str) -> bool:
    """Say, by its lines alone, whether a file may have such a property."""
    inside = False
    for line in LINE.split(text):
        starts = line.lstrip(" \t").startswith("properties")
        code = line.partition("%")[0]
        if inside and (TYPED.match(code.partition("=")[0]) or MORE.search(code)):
            return True
        if starts and MORE.search(code.partition(")")[2] or code):
            return True
        inside = starts or (inside and not ENDS.match(line))
    return False


def _block(
    source: Source, tree: Tree, block: Block, setters: Mapping[str, Signature]
) -> Iterator[Edit | Trouble]:
    told = attributes(source.tokens, block.first + 1, block.last)
    own = frozenset(head.name for _, head in source.functions)
    added = ""
    for each in declarations(source.tokens, block):
        each = replace(each, kind=each.kind.lstrip("@"))
        if not (each.kind or each.size or each.validators):
            continue
        what = unclear(each, own, tree)
        setter = setters.get(f"set.{each.name}")
        if setter is not None and len(setter.inputs) != 2:
            what = what or "a set method without a value"
        if what or not (block.closed and line_is_its_own(source, block.last, block.last + 1)):
            why = (
                f"{WHY}; {what or 'a block without an end on a line of its own'}: that cannot be written out"
            )
            yield source.trouble(each.line, f"{each.name}: {why}", FIX, RULE, SILENT)
            yield replaced(source, each.first, each.last, _bare(source, each), WHY)
            continue
        kept = is_set(told, "dependent") or is_set(told, "abstract")
        yield replaced(source, each.first, each.last, each.name if kept else _value(source, tree, each), WHY)
        if kept or is_set(told, "constant"):
            continue
        kind = tree.checkable(each.kind)
        if setter is None:
            check = checks(each, each.name, kind, element="v")
            added += f" function o = set.{each.name}(o, v), {check} o.{each.name} = v; end,"
        elif check := checks(each, each.name, kind, element=setter.inputs[1]):
            yield inserted(source.tokens[setter.last - 1].end, f", {check}", WHY)
    if added:
        yield inserted(source.tokens[block.last].end, f", methods,{added} end", WHY)


def _bare(source: Source, told: Declared) -> str:
    """Return a property with its default alone."""
    if not told.value:
        return told.name
    return f"{told.name} = {source.text[source.tokens[told.value].start : source.tokens[told.last - 1].end]}"


def _value(source: Source, tree: Tree, told: Declared) -> str:
    """Return a property with its default, converted as MATLAB converts it."""
    kind = tree.checkable(told.kind)
    if not told.value:
        return f"{told.name} = pybn_default({dims(told)}, '{kind}')" if kind or told.size else told.name
    if not (kind or told.size):
        return _bare(source, told)
    default = source.text[source.tokens[told.value].start : source.tokens[told.last - 1].end]
    if kind == TEXT:
        return f"{told.name} = pybn_text({default}, '{told.name}')"
    return f"{told.name} = pybn_checked({default}, '{told.name}', {dims(told)}, '{kind}')"
