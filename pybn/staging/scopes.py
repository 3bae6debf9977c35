"""The variables of a function or a script: what is assigned where, and what a name was last assigned."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from pybn.mfile import Token
from pybn.mfile.blocks import Block
from pybn.mfile.declared import signature, statements
from pybn.mfile.lexer import SILENT
from pybn.mfile.outline import declarations
from pybn.staging.code import DEEPEST, after, before, closing, is_field
from pybn.staging.source import Source

ASSIGNS = frozenset({"=", "+=", "-=", "*=", "/=", "^=", "|=", "&="})
UNSEEN = frozenset(
    {"eval", "evalin", "evalc", "assignin", "load", "run", "source", "syms", "inputname"}
)  # may assign


_READ: WeakKeyDictionary[Source, list[Scope]] = WeakKeyDictionary()


@dataclass(slots=True)
class Scope:
    """A function with those nested in it, or the code outside of functions: tokens `first` to `last`, excluded.

    `head` is the index after a function's first line. `assigned` has for each variable where it is assigned, in order:
    the index of its name, and the tokens of the value where all of it is assigned a single expression.
    """

    word: str
    first: int
    head: int
    last: int
    inputs: tuple[str, ...] = ()
    names: set[str] = field(default_factory=set)
    assigned: dict[str, list[tuple[int, tuple[int, int] | None]]] = field(default_factory=dict)
    inner: tuple[tuple[int, int], ...] = ()  # tokens of functions that are scopes of their own
    unseen: bool = False  # more may be assigned than can be seen
    strings: dict[str, int] = field(default_factory=dict)  # inputs declared as strings, and where

    def value(self, name: str, at: int) -> tuple[int, int] | None:
        """Return the tokens that a name was assigned last before an index, None where that is not one expression."""
        found = self.assigned.get(name, [])
        k = bisect_left(found, at, key=lambda each: each[0]) - 1
        return found[k][1] if k >= 0 else None

    def is_declared_string(self, name: str, at: int) -> bool:
        """Tell whether a name is an input that is declared as a string, and nothing else yet at an index."""
        since = self.strings.get(name)
        return since is not None and not any(since < index < at for index, _ in self.assigned.get(name, []))

    def indices(self) -> Iterator[int]:
        """Yield the indices of the tokens that are in no other scope."""
        at = self.first
        for start, stop in [*self.inner, (self.last, self.last)]:
            yield from range(at, start)
            at = stop


def scopes(source: Source) -> list[Scope]:
    """Return the scopes of a file: each outermost function or method, and a script's own code."""
    if source not in _READ:
        _READ[source] = list(_scopes(source))
    return _READ[source]


def _scopes(source: Source) -> Iterator[Scope]:
    found = source.tokens
    outermost = [b for outer in source.blocks for b in _functions(outer)]
    if source.outline.kind == "script":
        inner = tuple((b.first, b.last + 1) for b in outermost)
        yield _filled(source, Scope("script", 0, 0, len(found), inner=inner))
    for block in outermost:
        head = signature(found, block.first + 1, block.last)
        scope = Scope("function", block.first, head.last, min(block.last, len(found)), head.inputs)
        for each in block.walk():
            if each.word == "function":
                told = signature(found, each.first + 1, each.last)
                scope.names |= {*told.inputs, *told.outputs, told.name}
            elif each.word == "arguments":
                scope.strings |= {d.name: d.first for d in declarations(found, each) if d.kind == "string"}
        yield _filled(source, scope)


def _functions(block: Block) -> Iterator[Block]:
    """Yield the functions of a block that are in no other function."""
    waiting = [block]
    while waiting:
        each = waiting.pop()
        if each.word == "function":
            yield each
        else:
            waiting.extend(reversed(each.inner))


def _filled(source: Source, scope: Scope) -> Scope:
    found = source.tokens
    spans = []
    at = scope.first if scope.word == "script" else scope.head
    for start, stop in [*scope.inner, (scope.last, scope.last)]:
        spans += statements(found, at, start)
        at = stop
    for first, last in spans:
        _statement(found, first, last, scope)
    for index in scope.indices():
        token = found[index]
        if token.text == "@" and token.kind == "op":
            _parameters(found, index, scope)
        elif token.kind == "name" and token.text in UNSEEN and not is_field(found, index):
            scope.unseen = True
    return scope


def _statement(found: Sequence[Token], first: int, last: int, scope: Scope) -> None:
    """Note what one statement assigns."""
    at, word = first, ""
    while at < last and (found[at].kind == "keyword" or found[at].kind in SILENT):
        word = found[at].text if found[at].kind == "keyword" else word
        at += 1
    if word in ("global", "persistent", "catch"):
        _declared(found, at, last, scope, one=word == "catch")
        return
    equals = next((i for i in range(at, last) if _assigns(found, i, word)), -1)
    if equals < 0:
        return
    value = after(found, equals)
    plain = word not in ("for", "parfor") and found[equals].text == "="
    left = [i for i in range(at, equals) if found[i].kind not in SILENT]
    if left and found[left[0]].text == "[":
        inside = found[left[0]].depth + 1
        targets = [
            i for i in left if found[i].kind == "name" and found[i].depth == inside and not is_field(found, i)
        ]
    else:
        names = [i for i in left if found[i].kind == "name"]
        targets = ([i for i in names if found[i].depth == 0 and not is_field(found, i)] or names)[:1]
    single = plain and len(left) == 1 and value < last
    for i in targets:
        scope.names.add(found[i].text)
        scope.assigned.setdefault(found[i].text, []).append((i, (value, last) if single else None))


def _assigns(found: Sequence[Token], index: int, word: str) -> bool:
    token = found[index]
    inside = 1 if word in ("for", "parfor") else 0
    return token.kind == "op" and token.text in ASSIGNS and token.depth <= inside


def _declared(found: Sequence[Token], at: int, last: int, scope: Scope, *, one: bool) -> None:
    names = [i for i in range(at, last) if found[i].kind == "name" and not is_field(found, i)]
    for i in names[:1] if one else names:
        scope.names.add(found[i].text)
        scope.assigned.setdefault(found[i].text, []).append((i, None))


def _parameters(found: Sequence[Token], index: int, scope: Scope) -> None:
    """Note the parameters of an anonymous function as variables."""
    at = after(found, index)
    if at < len(found) and found[at].text == "(":
        for i in range(at, closing(found, at)):
            if found[i].kind == "name":
                scope.names.add(found[i].text)
                scope.assigned.setdefault(found[i].text, []).append((i, None))


def arguments(found: Sequence[Token], opening: int) -> list[tuple[int, int]]:
    """Return the arguments between brackets, each as the indices of its first token and its end."""
    stop = closing(found, opening)
    parts, start = [], opening + 1
    for i in range(opening + 1, stop + 1):
        if i == stop or (found[i].text == "," and found[i].depth == found[opening].depth + 1):
            inside = [k for k in range(start, i) if found[k].kind not in SILENT]
            if inside:
                parts.append((inside[0], inside[-1] + 1))
            start = i + 1
    return parts


def calls(source: Source, scope: Scope, names: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield the calls with brackets of some functions in a scope: the index of the name, and of the bracket."""
    if not names & source.words:
        return
    found = source.tokens
    for index in scope.indices():
        token = found[index]
        if token.kind == "name" and token.text in names - scope.names and token.depth < DEEPEST:
            then = after(found, index)
            if then < len(found) and found[then].text == "(" and not is_field(found, index):
                left = before(found, index)
                if left < 0 or found[left].text != "@":
                    yield index, then


def literal(found: Sequence[Token], part: tuple[int, int]) -> str | None:
    """Return the text of an argument that is a literal string, None where it is something else."""
    if part[1] - part[0] == 1 and found[part[0]].kind in ("string", "dstring"):
        mark = found[part[0]].text[0]
        return found[part[0]].text[1:-1].replace(mark * 2, mark)
    return None
