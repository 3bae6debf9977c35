"""Calls that Octave answers with other numbers than MATLAB, and says nothing."""

from __future__ import annotations

from collections.abc import Iterator

from pybn.staging.code import after, before
from pybn.staging.findings import OTHER, SILENT, Trouble
from pybn.staging.guarded import unguarded
from pybn.staging.scopes import Scope, arguments, calls, literal, scopes
from pybn.staging.source import Source
from pybn.staging.tree import Tree

COVARIANCE, INTEGER, BOUNDS, RANDOM = "covariance", "integer-class", "bounds-option", "random"
RULES = {
    COVARIANCE: "cov(x, y): the covariance between the columns of both in Octave, a 2-by-2 matrix in MATLAB",
    INTEGER: "cumsum, cumprod and median of integers: of another class in Octave, or overflowing",
    BOUNDS: "bounds(x, 'all'): Octave takes no notice of the option",
    RANDOM: "random numbers: others than MATLAB's, from the same seed too (said, never refused)",
}
INTEGERS = frozenset(f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64))
DRAWING = frozenset({"rand", "randn", "randi", "randperm", "rng", "RandStream"})
OF_INTEGERS = {
    "cumsum": "Octave's answer is of class double, MATLAB's is of the integers' class, and saturates",
    "cumprod": "Octave's answer is of class double, MATLAB's is of the integers' class, and saturates",
    "median": "Octave adds the two in the middle in the integers' class, where they may be too large for it",
}


@unguarded
def troubles(source: Source, _tree: Tree) -> Iterator[Trouble]:
    """Yield what Octave computes otherwise."""
    for scope in scopes(source):
        yield from _covariance(source, scope)
        yield from _integers(source, scope)
        for index, opening in calls(source, scope, frozenset({"bounds"})):
            given = arguments(source.tokens, opening)
            if len(given) > 1 and not _is_number(source, given[1]):
                why = "Octave takes no notice of options here: these are the bounds of each column"
                fix = "use min and max"
                yield source.trouble(source.tokens[index].line, why, fix, BOUNDS, SILENT)
    yield from _random(source)


def _covariance(source: Source, scope: Scope) -> Iterator[Trouble]:
    found = source.tokens
    for index, opening in calls(source, scope, frozenset({"cov"})):
        given = arguments(found, opening)
        options = [literal(found, part) for part in given]
        if len(given) > 1 and options[1] is None and not _is_number(source, given[1]):
            why = "cov(x, y) is the covariance between columns in Octave 7, a 2-by-2 matrix in MATLAB"
            fix = "write cov([x(:), y(:)]), which is the same in both"
            yield source.trouble(found[index].line, why, fix, COVARIANCE, SILENT)


def _integers(source: Source, scope: Scope) -> Iterator[Trouble]:
    found = source.tokens
    for index, opening in calls(source, scope, frozenset(OF_INTEGERS)):
        given = arguments(found, opening)
        if given and _is_integer(source, scope, given[0]):
            name = found[index].text
            fix = f"write {name}(double(x)), and convert the answer"
            yield source.trouble(found[index].line, OF_INTEGERS[name], fix, INTEGER, SILENT)


def _is_integer(source: Source, scope: Scope, part: tuple[int, int]) -> bool:
    """Tell whether an expression is int8(...) and its like, all of it, or a variable that was assigned such last."""
    found = source.tokens
    first = found[part[0]]
    if part[1] - part[0] == 1:
        value = scope.value(first.text, part[0]) if first.kind == "name" else None
        return value is not None and value[1] - value[0] > 1 and _is_integer(source, scope, value)
    then = after(found, part[0])
    if first.kind != "name" or first.text not in INTEGERS or found[then].text != "(":
        return False
    return all(t.depth > found[then].depth or t.text in ("(", ")", " ") for t in found[then : part[1]]) and (
        sum(t.text == "(" and t.depth == found[then].depth for t in found[then : part[1]]) == 1
    )


def _is_number(source: Source, part: tuple[int, int]) -> bool:
    return part[1] - part[0] == 1 and source.tokens[part[0]].kind == "number"


def _random(source: Source) -> Iterator[Trouble]:
    """Yield one trouble for a file that draws random numbers."""
    if not DRAWING & source.words:
        return
    for index, token in enumerate(source.tokens):
        if token.kind == "name" and token.text in DRAWING:
            left = before(source.tokens, index)
            if left >= 0 and source.tokens[left].text == ".":
                continue
            why = "random numbers are others than MATLAB's, from the same seed too"
            fix = "hand random arrays to the function, where a case is to be compared with MATLAB itself"
            yield source.trouble(token.line, why, fix, RANDOM, OTHER)
            return
