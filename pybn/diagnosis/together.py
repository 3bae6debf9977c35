"""Mistakes that only several outputs together show: exchanged ones, and ones that come in another order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from pybn.compare import EXACT, Array, Tolerance
from pybn.diagnosis.arrays import gap
from pybn.diagnosis.candidate import Diagnosis
from pybn.diagnosis.evidence import NEEDED, allowed, arranged_bits, content_bits, value_bits
from pybn.diagnosis.question import Question, alike, numbers, question

MOST = 12  # outputs of a case that are compared with each other
LARGEST = 1 << 20


def together(
    names: Sequence[str],
    expected: Mapping[str, Any],
    obtained: Mapping[str, Any],
    tolerances: Mapping[str, Tolerance],
) -> dict[str, Diagnosis]:
    """Return what the differing outputs of these names have to do with each other, by name; {} where nothing."""
    found = _exchanged(names[:MOST], expected, obtained, tolerances)
    return found or _reordered(names[:MOST], expected, obtained)


def _exchanged(
    names: Sequence[str],
    expected: Mapping[str, Any],
    obtained: Mapping[str, Any],
    tolerances: Mapping[str, Tolerance],
) -> dict[str, Diagnosis]:
    """Return which differing output is another one of expected: all of a ring of them, or none."""
    place: dict[str, str] = {}
    for name in names:
        others = [
            n for n in names if n != name and _is(expected[n], obtained[name], tolerances.get(n, EXACT))
        ]
        if len(others) == 1:
            place[name] = others[0]
    while lost := [name for name in place if place[name] not in place or name not in place.values()]:
        for name in lost:
            del place[name]
    if not place:
        return {}
    told = ", ".join(f"{name} is expected's {other}" for name, other in place.items())
    said = Diagnosis(
        "outputs exchanged",
        f"the outputs are exchanged: the port's {told}",
        f"return them in the order in which the step names them: {', '.join(place)}",
    )
    return dict.fromkeys(place, said)


def _is(expected: Any, obtained: Any, tolerance: Tolerance) -> bool:
    """Tell whether this is the same array, shapes of one element more or less aside, and no plain one."""
    q = question(expected, obtained, {}, {}, tolerance, ())
    if q is None or q.expected.size < 2 or not alike(q.expected.shape, q.obtained.shape):
        return False
    e = q.expected.reshape(q.obtained.shape)
    # What differs is not known here: the difference to the output of that name is, and it is reported already.
    close = allowed(Question(e, np.zeros_like(q.obtained), tolerance=tolerance), 16.0)
    return gap(e, q.obtained) <= close and content_bits(e, value_bits(q, of=e)) >= NEEDED


def _reordered(
    names: Sequence[str], expected: Mapping[str, Any], obtained: Mapping[str, Any]
) -> dict[str, Diagnosis]:
    """Return vectors whose elements belong together, and come in another order: rows and columns of find, say."""
    sides: dict[str, tuple[Array, Array]] = {}
    for name in names:
        e, o = numbers(expected[name]), numbers(obtained[name])
        if e is not None and o is not None and _vectors(e, o):
            sides[name] = e.reshape(-1), o.reshape(-1)
    for group in combinations(sides, 2):
        if len({sides[name][0].size for name in group}) > 1:
            continue
        rows = [np.stack([sides[name][k] for name in group], axis=1) for k in (0, 1)]
        right, wrong = (r[np.lexsort(r.T)] for r in rows)
        if not np.array_equal(right, wrong):
            continue
        places = np.unique(rows[0], axis=0, return_inverse=True)[1]
        if arranged_bits(places.reshape(-1)) >= NEEDED:
            return dict.fromkeys(group, _said(group, rows))
    return {}


def _vectors(a: Array, b: Array) -> bool:
    kinds = a.dtype.kind in "biuf" and b.dtype.kind in "biuf"
    return kinds and 3 < a.size == b.size <= LARGEST and a.size == max(a.shape, default=0)


def _said(group: Sequence[str], rows: Sequence[Array]) -> Diagnosis:
    told = " and ".join(group)
    by_row = np.array_equal(np.lexsort(rows[1].T[::-1]), np.arange(len(rows[1])))
    by_column = np.array_equal(np.lexsort(rows[0].T), np.arange(len(rows[0])))
    if by_row and by_column:
        return Diagnosis(
            "C order for Fortran order",
            f"the pairs of {told} are those of expected, but go along the rows, where expected goes down the columns",
            f"{', '.join(reversed(group))} = np.nonzero(condition.T), and 1 added to both",
        )
    return Diagnosis(
        "order of elements",
        f"{told} have the elements of expected, which belong together, in another order",
        "put both sides in one order: np.lexsort",
    )
