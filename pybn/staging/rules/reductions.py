"""`sum(x, 'all')`, `max(x, [], [1 2])`, `mean(x, 'omitnan')`: options that Octave lacks, or takes no notice of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.staging.code import after, closing, inserted, replaced
from pybn.staging.findings import Edit, Trouble
from pybn.staging.scopes import Scope, arguments, calls, literal, scopes
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "reduction"
SUMS = frozenset({"sum", "prod", "mean", "median", "mode", "any", "all", "range"})
SPREADS = frozenset({"std", "var"})  # these know 'all' and several dimensions
EXTREMES = frozenset({"max", "min"})
TRIGGER = re.compile(r"\b(?:sum|prod|mean|median|mode|any|all|range|std|var|max|min)\s*\(")
NANS = frozenset({"omitnan", "includenan", "omitmissing", "includemissing"})
WHY = "{0}({1}): Octave does not know the option; pybn_over reduces x(:), or each slice, in the order of its elements"


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each call of Octave's own functions with such an option."""
    names = (SUMS | SPREADS | EXTREMES) - tree.by_name.keys() - tree.methods.keys()
    for scope in scopes(source):
        for index, opening in calls(source, scope, names):
            option = _option(source, scope, source.tokens[index].text, arguments(source.tokens, opening))
            if option and index + 1 <= opening:
                name = source.tokens[index].text
                why = WHY.format(name, option)
                yield replaced(source, index, index + 1, "pybn_over", why)
                yield inserted(source.tokens[opening].end, f"'{name}', ", why)


def _option(source: Source, scope: Scope, name: str, given: list[tuple[int, int]]) -> str:
    """Return what of the arguments Octave does not know, as it is written; "" where it knows all."""
    found = source.tokens
    texts = [literal(found, part) for part in given]
    known = NANS if name in SPREADS else NANS | {"all"}
    for text in texts[1:]:
        if text in known:
            return f"'{text}'"
    place = {**dict.fromkeys(SUMS, 1), **dict.fromkeys(EXTREMES, 2)}.get(name, 0)
    several = place and len(given) > place and _is_vector(source, scope, given[place])
    return "dims" if several and (place == 1 or _is_empty(source, given[1])) else ""


def _is_vector(source: Source, scope: Scope, part: tuple[int, int]) -> bool:
    """Tell whether an expression is [a b], or a variable that was assigned such last."""
    found = source.tokens
    first = found[part[0]]
    if part[1] - part[0] == 1 and first.kind == "name":
        value = scope.value(first.text, part[0])
        return value is not None and value[1] - value[0] > 1 and _is_vector(source, scope, value)
    if first.text != "[" or closing(found, part[0]) != part[1] - 1:
        return False
    inside = [t for t in found[part[0] + 1 : part[1] - 1] if t.kind != "space"]
    numbers = [t for t in inside if t.kind == "number"]
    return len(numbers) > 1 and all(t.kind == "number" or t.text in (",", ":") for t in inside)


def _is_empty(source: Source, part: tuple[int, int]) -> bool:
    found = source.tokens
    return found[part[0]].text == "[" and found[after(found, part[0])].text == "]"
