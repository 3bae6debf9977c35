"""What a .m file declares: the functions and their signatures, or the class with all its members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pybn.mfile.blocks import Block, blocks
from pybn.mfile.declared import Declared, declared, signature, statements, text_of
from pybn.mfile.helptext import help_after, help_before
from pybn.mfile.idioms import defaults_of
from pybn.mfile.lexer import SILENT, Token, tokens
from pybn.mfile.members import Class, Function, Method, Outline, Property


def outline(text: str, name: str = "") -> Outline:
    """Return what a file declares; `name` is the file's, less its suffix. Total: a torn file gives what there is."""
    found = tokens(text)
    return outline_of(found, blocks(found), name)


def outline_of(found: Sequence[Token], top: Sequence[Block], name: str = "") -> Outline:
    """Return what a file declares, of its tokens and outermost blocks."""
    functions = tuple(function(found, b) for b in top if b.word == "function")
    first = next((t for t in found if t.kind not in SILENT), None)
    kind = {"function": "function", "classdef": "class"}.get(first.text if first else "", "script")
    if kind == "class":
        block = next(b for b in top if b.word == "classdef")
        return Outline(kind, name, functions, _class(found, block))
    return Outline(kind, name, functions)


def function(found: Sequence[Token], block: Block) -> Function:
    """Read a function from its block."""
    told = signature(found, block.first + 1, block.last)
    inside = [b for b in block.inner if b.word == "arguments"]
    arguments = tuple(d for b in inside for d in declarations(found, b))
    return Function(
        name=told.name,
        inputs=told.inputs,
        outputs=told.outputs,
        line=found[block.first].line,
        last_line=found[min(block.last, len(found) - 1)].line,
        help=help_after(found, told.last) or help_before(found, block.first),
        defaults=defaults_of(found, block, told.inputs) | {d.name: d.default for d in arguments if d.default},
        arguments=arguments,
    )


def declarations(found: Sequence[Token], block: Block) -> list[Declared]:
    """Read the lines of a properties or arguments block."""
    start = attributes_end(found, block)
    read = (declared(found, *part) for part in statements(found, start, block.last))
    return [each for each in read if each is not None]


def attributes_end(found: Sequence[Token], block: Block) -> int:
    """Return the index after a block's attributes in brackets, or after its word where it has none."""
    at = _next(found, block.first + 1, block.last)
    if at < block.last and found[at].text == "(":
        return _closing(found, at, block.last) + 1
    return block.first + 1


def attributes(found: Sequence[Token], first: int, last: int) -> dict[str, str]:
    """Read `(Static, Access = private)` from the index where a bracket may be; names in lower case."""
    at = _next(found, first, last)
    if at >= last or found[at].text != "(":
        return {}
    close, told, start = _closing(found, at, last), {}, at + 1
    for i in range(at + 1, close + 1):
        if i == close or (found[i].text == "," and found[i].depth == found[at].depth + 1):
            name, _, value = text_of(found[start:i]).partition("=")
            negated = name.strip().startswith(("~", "!"))
            told[name.strip().lstrip("~! \t").lower()] = _bare(value) or ("false" if negated else "true")
            start = i + 1
    return told


def _bare(value: str) -> str:
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] in "'\"" and value[-1] == value[0] else value


def _next(found: Sequence[Token], first: int, last: int) -> int:
    while first < last and found[first].kind in ("space", "continuation"):
        first += 1
    return first


def _closing(found: Sequence[Token], opening: int, last: int) -> int:
    depth = found[opening].depth
    for i in range(opening + 1, last):
        if found[i].depth <= depth:
            return i
    return max(opening, last - 1)


def _class(found: Sequence[Token], block: Block) -> Class:
    """Read a classdef."""
    start = _next(found, block.first + 1, block.last)
    told = attributes(found, start, block.last)
    start = _closing(found, start, block.last) + 1 if told else start
    stop = next((i for i in range(start, block.last) if found[i].kind in ("newline", "comment")), block.last)
    head = [t for t in found[start:stop] if t.kind not in SILENT and t.text not in (";", ",")]
    words = "".join(t.text for t in head)
    name, _, bases = words.partition("<")
    members = [(b, attributes(found, b.first + 1, b.last)) for b in block.inner]
    return Class(
        name=name,
        line=found[block.first].line,
        bases=tuple(base for base in bases.split("&") if base),
        attributes=told,
        properties=tuple(
            Property(d.name, d.line, d, a)
            for b, a in members
            if b.word == "properties"
            for d in declarations(found, b)
        ),
        methods=tuple(m for b, a in members if b.word == "methods" for m in _methods(found, b, a)),
        enumeration=tuple(e for b, _ in members if b.word == "enumeration" for e in _members(found, b)),
        events=tuple(
            found[i].text
            for b, _ in members
            if b.word == "events"
            for i, _end in statements(found, attributes_end(found, b), b.last)
        ),
        help=help_after(found, stop) or help_before(found, block.first),
    )


def _methods(found: Sequence[Token], block: Block, told: Mapping[str, str]) -> list[Method]:
    """Read the methods of one block: functions, and lines that are signatures alone."""
    read: list[Method] = []
    at = attributes_end(found, block)
    for inner in [*block.inner, None]:
        stop = inner.first if inner else block.last
        for first, last in statements(found, at, stop):
            head = signature(found, first, last)
            if head.name:
                line = found[first].line
                read.append(
                    Method(
                        head.name,
                        head.inputs,
                        head.outputs,
                        line,
                        line,
                        attributes=told,
                        signature_only=True,
                    )
                )
        if inner is not None and inner.word == "function":
            f = function(found, inner)
            read.append(
                Method(
                    f.name,
                    f.inputs,
                    f.outputs,
                    f.line,
                    f.last_line,
                    f.help,
                    f.defaults,
                    f.arguments,
                    attributes=told,
                )
            )
        if inner is not None:
            at = inner.last + 1
    return read


def _members(found: Sequence[Token], block: Block) -> list[tuple[str, str]]:
    """Read the members of an enumeration, with what is in their brackets."""
    read = []
    for first, last in statements(found, attributes_end(found, block), block.last):
        name, _, arguments = text_of(found[first:last]).partition("(")
        read.append((name.strip(), arguments.strip().removesuffix(")").strip()))
    return read
