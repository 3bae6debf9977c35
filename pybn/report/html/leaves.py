"""Both sides of what was compared, by the names of the comparisons: tensors, and the leaves of nested values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pybn.case import Case
from pybn.values import leaves
from pybn.values.fit import fitted


def fitted_leaves(
    case: Case, expected: Mapping[str, Any], obtained: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """Return name -> both sides, None where a side has none; of nested values the leaves, "s.weights{2}.bias"."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in dict.fromkeys([*expected, *obtained]):
        a, b = expected.get(name), obtained.get(name)
        if name not in case.output_values or a is None or b is None:
            found[name] = a, b
            continue
        a, b = fitted(a, b, shapes=case.output_values[name].shapes)
        both = leaves(a, name), leaves(b, name)
        found |= {path: (both[0].get(path), both[1].get(path)) for path in [*both[0], *both[1]]}
    return found


def output_of(name: str, outputs: Iterable[str]) -> str:
    """Return the output that a comparison is about: s of s.weights{2}.bias."""
    return name if name in outputs else re.split(r"[.{(]", name, maxsplit=1)[0]
