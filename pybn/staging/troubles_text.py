"""Regular expressions and errors: where Octave answers otherwise, and says nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from pybn.staging.code import after, before
from pybn.staging.findings import SILENT, Trouble
from pybn.staging.guarded import unguarded
from pybn.staging.scopes import arguments, calls, literal, scopes
from pybn.staging.source import Source
from pybn.staging.tree import Tree

REPLACEMENT, TOKEN, IDENTIFIER, KIND = (
    "dynamic-replacement", "optional-token", "error-identifier", "exception-class"
)  # fmt: skip
RULES = {
    REPLACEMENT: "${...} in regexprep: MATLAB runs it, Octave leaves it as text",
    TOKEN: "a group that may be left out in regexp(..., 'tokens'): Octave gives no token for it, MATLAB an empty one",
    IDENTIFIER: "a comparison with 'MATLAB:...': Octave's own errors are named otherwise",
    KIND: "isa(e, 'MException'): what Octave catches is a struct",
}
MATLAB = re.compile(r"MATLAB:[\w:]+\Z")
COMPARING = frozenset(
    {
        "strcmp",
        "strcmpi",
        "strncmp",
        "strncmpi",
        "isequal",
        "ismember",
        "contains",
        "startsWith",
        "endsWith",
        "strfind",
    }
)
RAISING = frozenset({"error", "MException"})
CLASSES = frozenset({"isa"})
REGEXP = frozenset({"regexp", "regexpi"})
OURS = re.compile(r"MATLAB:valid(?:ators|ation):|MATLAB:TooManyInputs")  # what stand-ins raise
_RAISED: WeakKeyDictionary[Tree, set[str]] = WeakKeyDictionary()
OPTIONAL = re.compile(r"\)(?:[?*]|\{0?,)")


@unguarded
def troubles(source: Source, tree: Tree) -> Iterator[Trouble]:
    """Yield what Octave takes otherwise."""
    yield from _expressions(source)
    if "MATLAB:" in source.text:
        yield from _identifiers(source, tree)
    if "MException" in source.text:
        yield from _classes(source)


def _expressions(source: Source) -> Iterator[Trouble]:
    found = source.tokens
    for scope in scopes(source) if "regexp" in source.text else ():
        for index, opening in calls(source, scope, frozenset({"regexprep"})):
            given = arguments(found, opening)
            text = literal(found, given[2]) if len(given) > 2 else None
            if text is not None and re.search(r"(?<!\\)\$\{", text):
                why = "MATLAB runs what stands in ${...}, Octave puts it into the text as it is"
                fix = "replace by regexp and a loop, or by a function"
                yield source.trouble(found[index].line, why, fix, REPLACEMENT, SILENT)
        for index, opening in calls(source, scope, REGEXP):
            texts = [literal(found, part) for part in arguments(found, opening)]
            pattern = texts[1] if {"tokens", "tokenExtents"} & set(texts[2:]) else None
            if pattern is not None and _optional(pattern):
                why = (
                    "Octave gives no token for a group that matched nothing, MATLAB an empty one in its place"
                )
                fix = "give every group something to match: (x?) in place of (x)?, or use named tokens"
                yield source.trouble(found[index].line, why, fix, TOKEN, SILENT)


def _optional(pattern: str) -> bool:
    """Tell whether a group that makes a token may be left out: (x)?, (x)*; not (?:x)?."""
    opened: list[bool] = []  # of each group, whether it holds what makes a token
    at = 0
    while at < len(pattern):
        mark = pattern[at]
        if mark == "\\":
            at += 1
        elif mark == "[":
            at = max(pattern.find("]", at + 2), at)
        elif mark == "(":
            plain = not pattern.startswith("(?", at)
            if plain:
                opened = [True for _ in opened]
            opened.append(plain)
        elif mark == ")" and opened and opened.pop() and OPTIONAL.match(pattern, at):
            return True
        at += 1
    return False


def _identifiers(source: Source, tree: Tree) -> Iterator[Trouble]:
    """Yield the comparisons with an identifier of MATLAB's that no error of the tree has."""
    found = source.tokens
    for index, token in enumerate(found):
        text = literal(found, (index, index + 1))
        if text is None or not MATLAB.match(text) or OURS.match(text):
            continue
        if not _compared(source, index) or text in _raised(tree):
            continue
        why = f"{text}: no error of Octave has this identifier, so this finds none"
        fix = "ask for Octave's as well, such as Octave:undefined-function, or do not tell errors apart"
        yield source.trouble(token.line, why, fix, IDENTIFIER, SILENT)


def _compared(source: Source, index: int) -> bool:
    """Tell whether a text is compared: an argument of strcmp and its like, or after `case`."""
    found = source.tokens
    depth, at = found[index].depth, index
    while depth > 0:
        while at >= 0 and found[at].depth >= depth:
            at -= 1
        name = before(found, at) if at >= 0 else -1
        if at >= 0 and found[at].text == "(" and name >= 0 and found[name].kind == "name":
            return found[name].text in COMPARING
        depth = found[at].depth if at >= 0 else 0
    first = index if found[index].depth == 0 else at
    left = before(found, first)
    return left >= 0 and found[left].text == "case" and found[left].kind == "keyword"


def _raised(tree: Tree) -> set[str]:
    """Return the identifiers that the tree raises itself."""
    if tree not in _RAISED:
        asked = (source for source in tree.sources if "MATLAB:" in source.text)
        _RAISED[tree] = {name for source in asked for name in _raised_by(source)}
    return _RAISED[tree]


def _raised_by(source: Source) -> Iterator[str]:
    found = source.tokens
    for index, token in enumerate(found):
        if token.kind == "name" and token.text in RAISING:
            opening = after(found, index)
            if opening < len(found) and found[opening].text == "(":
                for part in arguments(found, opening)[:1]:
                    yield literal(found, part) or ""


def _classes(source: Source) -> Iterator[Trouble]:
    found = source.tokens
    for scope in scopes(source):
        for index, opening in calls(source, scope, CLASSES):
            given = [literal(found, part) for part in arguments(found, opening)]
            if given[1:] == ["MException"]:
                why = "what Octave catches is a struct, and no MException"
                yield source.trouble(found[index].line, why, "ask isfield(e, 'identifier')", KIND, SILENT)
