"""Two answers to a case: compared output by output, and laid side by side leaf by leaf."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pybn.case import Case
from pybn.compare import EXACT, Comparison, compare
from pybn.engines.base import Tensors
from pybn.values import fitted, leaves, match
from pybn.values.texts import compare_text

Answers = tuple[Mapping[str, Any], Mapping[str, Any]]  # arrays and texts, by the names that comparisons have


def compare_answers(
    case: Case, expected: Tensors, obtained: Tensors, *, exact: bool = False
) -> list[Comparison]:
    """Compare two answers to a case: tensors, values leaf by leaf, printed text; `exact` without tolerance."""
    close = {} if exact else case.tolerances
    tensors = [
        {k: x for k, x in side.items() if k not in case.output_values} for side in (expected, obtained)
    ]
    found = compare(tensors[0], tensors[1], close)
    for name, value in case.output_values.items():
        want: Any = expected.get(name)
        got: Any = obtained.get(name)
        tolerance = close.get(name, EXACT)
        if value.kind == "value":
            found += match(name, want, got, tolerance, shapes=value.shapes)
        else:
            how = "text" if exact else value.how
            found.append(compare_text(name, want or "", got or "", how, tolerance))
    return found


def by_leaf(case: Case, expected: Tensors, obtained: Tensors) -> Answers:
    """Return the arrays and texts of both answers, those of nested values by the paths that comparisons have."""
    sides: list[dict[str, Any]] = [
        {name: x for name, x in side.items() if name in case.outputs} for side in (expected, obtained)
    ]
    for name, value in case.output_values.items():
        pair: Any = (expected.get(name), obtained.get(name))
        if value.kind == "value":
            pair = fitted(*pair, shapes=value.shapes)
        for side, whole in zip(sides, pair, strict=True):
            side |= {p: x for p, x in leaves(whole, name).items() if isinstance(x, np.ndarray | str)}
    return sides[0], sides[1]
