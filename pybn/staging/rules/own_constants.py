"""A default of a property that names its own class, `B = Name.A * 2`: Octave goes round in a circle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pybn.mfile import significant, tokens
from pybn.mfile.members import Property, is_set
from pybn.mfile.outline import declarations
from pybn.staging.code import DEEPEST, is_field, replaced
from pybn.staging.findings import CANNOT, Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree, packages

RULE = "own-constant"
TRIGGER = re.compile(r"properties\b")
WHY = "Octave makes a class before it has its constants, and has to make it for this default: it never ends"
FIX = "write the value itself, or set the property in the constructor"
LONGEST = 2000  # letters of a value that is put in a name's place
PLAIN = frozenset(
    {
        "pi", "Inf", "inf", "NaN", "nan", "eps", "true", "false", "realmin", "realmax", "intmax", "intmin", "double",
        "single", "logical", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "zeros", "ones",
        "eye", "sqrt", "exp", "log", "log2", "log10", "sin", "cos", "tan", "abs", "round", "floor", "ceil", "fix",
        "mod", "rem", "linspace", "repmat", "numel", "size", "struct", "cell", "char", "fullfile", "sprintf",
    }
)  # fmt: skip  # what gives the same wherever it is called


def rewrite(source: Source, _tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each constant of its own class that a default names: its value in its place."""
    told = source.outline.class_
    if told is None or told.name not in source.words:
        return
    name = ".".join([*packages(source.where), told.name])
    constants = {each.name: each for each in told.properties if each.constant}
    for outer in source.blocks:
        for block in outer.inner if outer.word == "classdef" else ():
            for each in declarations(source.tokens, block) if block.word == "properties" else ():
                if each.value:
                    yield from _default(source, name, constants, (each.value, each.last))


def _default(
    source: Source, name: str, constants: Mapping[str, Property], part: tuple[int, int]
) -> Iterator[Edit | Trouble]:
    found, parts = source.tokens, name.split(".")
    length = 2 * len(parts) - 1
    for index in range(*part):
        whole = "".join(t.text for t in found[index : index + length])
        if found[index].kind != "name" or is_field(found, index) or whole != name:
            continue
        if "@" in {t.text for t in found[part[0] : index] if t.depth == found[part[0]].depth}:
            continue  # a handle asks when it is called
        member = index + length + 1
        value = _value(constants, name, found[member].text if member < part[1] else "", ())
        if value and found[member - 1].text == ".":
            yield replaced(source, index, member + 1, value, WHY)
        else:
            yield source.trouble(found[index].line, WHY, FIX, RULE, CANNOT)


def _value(constants: Mapping[str, Property], name: str, member: str, above: tuple[str, ...]) -> str:
    """Return the value of a constant as text in brackets, "" where it is no mere value."""
    told = constants.get(member)
    if told is None or not told.default or member in above or is_set(told.attributes, "abstract"):
        return ""
    if len(above) > DEEPEST:
        return ""
    if told.declared.size or told.declared.kind or told.declared.validators:
        return ""
    text = told.default
    for other in dict.fromkeys(re.findall(rf"(?<![\w.]){re.escape(name)}\.(\w+)", text)):
        inner = _value(constants, name, other, (*above, member))
        if not inner:
            return ""
        text = inner.join(re.split(rf"(?<![\w.]){re.escape(name)}\.{other}\b", text))
        if len(text) > LONGEST:
            return ""
    return f"({text})" if _is_plain(text) else ""


def _is_plain(text: str) -> bool:
    found = significant(tokens(text))
    names = {t.text for k, t in enumerate(found) if t.kind in ("name", "keyword", "command", "other")}
    return names <= PLAIN
