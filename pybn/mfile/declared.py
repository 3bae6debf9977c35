"""What a line of a properties or arguments block declares, and what a function's first line does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pybn.mfile.lexer import SILENT, Token, significant


@dataclass(frozen=True, slots=True)
class Declared:
    """`name (size) class {validators} = default`, each part as it is written, "" where it is not.

    The name may have dots: `opts.tolerance`. `first` and `last` are the indices of its tokens, `last` excluded;
    `value` is that of the first token of the default, `checked` are those of the validators.
    """

    name: str
    line: int
    size: str = ""
    kind: str = ""
    validators: str = ""
    default: str = ""
    first: int = 0
    last: int = 0
    value: int = 0
    checked: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Signature:
    """A function's first line. `last` is the index of the token after it."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    last: int


def text_of(found: Sequence[Token]) -> str:
    """Return what tokens say: comments and continuations left out, lines joined."""
    kept = [t.text if t.kind not in SILENT else " " for t in found if t.kind != "comment"]
    return "".join(kept).strip()


def statements(found: Sequence[Token], first: int, last: int) -> list[tuple[int, int]]:
    """Return the statements between two indices, as pairs of indices: the first token that means something, the end.

    A statement ends before the newline, semicolon or comma outside brackets that follows it.
    """
    parts: list[tuple[int, int]] = []
    start = -1
    for index in range(first, last):
        token = found[index]
        ends = token.depth == 0 and (token.kind == "newline" or (token.kind == "op" and token.text in ";,"))
        if ends and start >= 0:
            parts.append((start, index))
            start = -1
        elif not ends and start < 0 and token.kind not in SILENT:
            start = index
    return [*parts, (start, last)] if start >= 0 else parts


def declared(found: Sequence[Token], first: int, last: int) -> Declared | None:
    """Read one declaration, None where it is something else."""
    at = [i for i in range(first, last) if found[i].kind not in SILENT]
    if not at or found[at[0]].kind not in ("name", "last"):
        return None
    line, pos, name = found[at[0]].line, 1, found[at[0]].text
    while pos + 1 < len(at) and found[at[pos]].text in (".", ".?", "?") and found[at[pos]].kind == "op":
        name += found[at[pos]].text + found[at[pos + 1]].text
        pos += 2
    parts, checked = {"size": "", "kind": "", "validators": ""}, (0, 0)
    while pos < len(at) and not (found[at[pos]].text == "=" and found[at[pos]].depth == 0):
        part = {"(": "size", "{": "validators"}.get(found[at[pos]].text, "kind")
        stop = pos + 1
        if part != "kind":
            while stop < len(at) and found[at[stop]].depth > found[at[pos]].depth:
                stop += 1
            stop = min(stop + 1, len(at))
        if part == "validators":
            checked = (at[pos], at[stop - 1] + 1)
        piece = found[at[pos] : at[stop - 1] + 1]
        parts[part] += text_of(piece) if part == "validators" else text_of(significant(piece))
        pos = stop
    value = at[pos + 1] if pos + 1 < len(at) else 0
    default = text_of(found[value:last]) if value else ""
    return Declared(
        name, line, **parts, default=default, first=at[0], last=at[-1] + 1, value=value, checked=checked
    )


def signature(found: Sequence[Token], first: int, last: int) -> Signature:
    """Read a function's first line, from the token after `function`; what is torn gives what there is."""
    stop = next((i for i in range(first, last) if found[i].kind == "newline" and found[i].depth == 0), last)
    at = [i for i in range(first, stop) if found[i].kind not in SILENT]
    pos, outputs = _outputs(found, at)
    name, pos = _name(found, at, pos)
    inputs: tuple[str, ...] = ()
    if pos < len(at) and found[at[pos]].text == "(":
        depth, begin = found[at[pos]].depth, pos
        pos += 1
        while pos < len(at) and found[at[pos]].depth > depth:
            pos += 1
        inputs = _names(found, at[begin + 1 : pos], depth + 1)
        pos += 1
    return Signature(name, inputs, outputs, at[pos - 1] + 1 if 0 < pos <= len(at) else stop)


def _outputs(found: Sequence[Token], at: Sequence[int]) -> tuple[int, tuple[str, ...]]:
    """Return where the name is, and the outputs before the `=`."""
    if at and found[at[0]].text == "[":
        depth = found[at[0]].depth
        close = next((p for p in range(1, len(at)) if found[at[p]].depth <= depth), len(at))
        if close + 1 < len(at) and found[at[close + 1]].text == "=":
            return close + 2, _names(found, at[1:close], depth + 1)
    if len(at) > 1 and found[at[1]].text == "=":
        return 2, (found[at[0]].text,)
    return 0, ()


def _name(found: Sequence[Token], at: Sequence[int], pos: int) -> tuple[str, int]:
    """Return the name, which may be `get.x`, and the position after it."""
    name = ""
    while pos < len(at) and (found[at[pos]].kind in ("name", "keyword") or found[at[pos]].text == "."):
        if found[at[pos]].text != "." and name and not name.endswith("."):
            break
        name += found[at[pos]].text
        pos += 1
    return name, pos


def _names(found: Sequence[Token], at: Sequence[int], depth: int) -> tuple[str, ...]:
    """Return the first name, or the ~, of each argument; commas or space may separate outputs."""
    names: list[str] = []
    fresh = True
    for i in at:
        token = found[i]
        if token.depth != depth:
            continue
        if token.text == ",":
            fresh = True
        elif token.kind == "name" or token.text in ("~", "!"):
            if fresh or found[i - 1].kind in SILENT:
                names.append("~" if token.text == "!" else token.text)
            fresh = False
        elif token.text == "=":
            fresh = False
    return tuple(names)
