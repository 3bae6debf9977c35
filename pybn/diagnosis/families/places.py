"""Where something is in an input: the index of the largest, counted how, and which of equal ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.families.order import whole
from pybn.diagnosis.question import Question, alike
from pybn.diagnosis.twins import Formula, twin_candidates

NAMES = {
    "function": "another function",
    "NaN": "NaN handling",
    "tie": "order of ties",
    "base": "index base",
    "axis": "wrong axis",
    "order": "C order for Fortran order",
}
LARGEST = 1 << 20
SOME = 64  # differing indices whose evidence is counted
ENDS = {"looks for the largest": 1.0, "looks for the smallest": -1.0}
NAN = {"leaves NaN out": -np.inf, "takes NaN first": np.inf}
TIES = {"takes the first of equal ones": False, "takes the last of equal ones": True}
FIXES = {
    "NaN": "np.nanargmax and np.nanargmin: MATLAB's max and min leave NaN out",
    "base": "add 1: MATLAB counts from 1",
    "order": "np.argmax(x.ravel(order='F')): MATLAB's linear indices go down the columns",
    "tie": "np.argmax takes the first of equal elements, as MATLAB's max",
}


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of indices of the largest or smallest, and indices of elements that are equal."""
    found, other = whole(q.expected), whole(q.obtained)
    if found is None or other is None or not q.same_shape or found.min() < 0 or other.min() < 0:
        return
    for name, x in q.inputs.items():
        if x.dtype.kind in "biuf" and x.size <= LARGEST:
            if x.ndim <= 4 and x.size > q.expected.size:
                yield from twin_candidates(q, list(_extremes(q, name, x.astype(np.float64))), NAMES)
            yield from _equal(q, name, x, found, other)


def _extremes(q: Question, name: str, x: Array) -> Iterator[Formula]:
    """Yield the indices of the largest and the smallest along each axis."""
    for axis, n in enumerate(x.shape):
        if n < 2 or not alike(tuple(m for k, m in enumerate(x.shape) if k != axis), q.expected.shape):
            continue
        for nan, function, tie, base in product(NAN, ENDS, TIES, (1, 0)):
            yield Formula(
                f"the index of an extreme of {name}",
                {
                    "function": function,
                    "NaN": nan,
                    "tie": tie,
                    "base": f"counts from {base}",
                    "axis": f"runs along {q.along(name, axis)}",
                },
                partial(_place, x, ENDS[function], NAN[nan], TIES[tie], axis, base),
                fixes=FIXES | {"axis": f"axis={axis}: NumPy counts axes from 0, MATLAB from 1"},
            )


def _place(x: Array, sign: float, nan: float, last: bool, axis: int, base: int) -> Array:
    """Return the index of the largest along an axis, of the smallest where the sign is -1; NaN counts for `nan`."""
    y = np.where(np.isnan(x), nan, sign * x)
    where = x.shape[axis] - 1 - np.flip(y, axis).argmax(axis=axis) if last else y.argmax(axis=axis)
    return np.asarray(where + base)


def _equal(q: Question, name: str, x: Array, found: Array, other: Array) -> Iterator[Candidate]:
    """Yield indices that point at equal elements, though not at the same ones."""
    for told, lines, at, instead in _pointed(q, name, x, found, other):
        same = np.take_along_axis(lines, at, 1) == np.take_along_axis(lines, instead, 1)
        if not same.all():
            continue
        differ = at != instead
        values = np.take_along_axis(lines, at, 1)[differ]
        rows = np.broadcast_to(np.arange(len(lines))[:, None], at.shape)[differ]
        share = [
            (lines[r] == v).mean() for r, v in zip(rows[:SOME].tolist(), values[:SOME].tolist(), strict=True)
        ]
        yield Candidate(
            "order of ties",
            f"both sides point at equal elements of {name}, {told}, but not at the same ones of them",
            "take the first of equal elements, as MATLAB's max and unique do: kind='stable', return_index",
            lambda: q.obtained,
            3.0,
            bits=-float(np.log2(share).sum()),
        )


def _pointed(
    q: Question, name: str, x: Array, found: Array, other: Array
) -> Iterator[tuple[str, Array, Array, Array]]:
    """Yield in words what is pointed at: lines of x, and the indices of both sides into each. Shapes: (lines, n)."""
    for base in (1, 0):
        a, b = found - base, other - base
        if min(a.min(), b.min()) < 0:
            continue
        top = max(a.max(), b.max())
        if top < x.size:
            orders = ("F", "C") if x.ndim > 1 else ("C",)
            for order in orders:
                lines = x.reshape(1, -1, order="F" if order == "F" else "C")
                yield f"counted from {base}", lines, a.reshape(1, -1), b.reshape(1, -1)
        for axis, n in enumerate(x.shape if 1 < x.ndim <= 4 else ()):
            rest = tuple(m for k, m in enumerate(x.shape) if k != axis)
            if top < n and alike(rest, found.shape):
                lines = np.moveaxis(x, axis, -1).reshape(-1, n)
                yield (
                    f"counted from {base} along {q.along(name, axis)}",
                    lines,
                    a.reshape(-1, 1),
                    b.reshape(-1, 1),
                )
