"""Averages that move and weights that are updated: momentum reversed, N-1 for N, a term with the other sign."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.families.statistics import LARGEST, groups
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, twin_candidates

NAMES = {
    "weights": "momentum reversed",
    "divisor": "N-1 for N",
    "statistic": "sigma for variance",
    "start": "start value",
    "axes": "wrong axis",
    "square": "another statistic",
}
SMALL = 1 << 18
MOMENTA = (0.9, 0.99, 0.999, 0.95, 0.1, 0.01)


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of moving averages: of a statistic of an input, of an input, or of its square."""
    if q.expected.dtype.kind != "f" or not q.same_shape or q.expected.size > LARGEST:
        return
    yield from twin_candidates(q, list(_of_statistics(q)), NAMES)
    if q.expected.size <= SMALL:
        yield from twin_candidates(q, list(_of_values(q)), NAMES)


def _momenta(q: Question) -> list[tuple[str, float]]:
    given = [(n, v) for n, v in q.scalars.items() if 0 < v < 1]
    return (given or [(f"{m:g}", m) for m in MOMENTA])[:6]


def _starts(q: Question, name: str) -> list[tuple[str, Array]]:
    zero: list[tuple[str, Array]] = [("0", np.zeros(1)), ("1", np.ones(1))]
    return zero + [
        (n, v.astype(np.float64).reshape(-1))
        for n, v in q.inputs.items()
        if n != name and v.size == q.expected.size and v.dtype.kind == "f"
    ]


def _of_statistics(q: Question) -> Iterator[Formula]:
    for name, x in q.inputs.items():
        if x.dtype.kind != "f" or x.size <= q.expected.size or x.size > LARGEST or x.ndim > 5:
            continue
        for axes in groups(x.ndim):
            count = prod(x.shape[a] for a in axes)
            if count < 2 or x.size // count != q.expected.size:
                continue
            wide = x.astype(np.float64)
            mean, var = wide.mean(axis=axes).reshape(-1), wide.var(axis=axes).reshape(-1)
            made = [
                ("the mean", "by N", mean),
                ("the variance", "by N", var),
                ("the deviation", "by N", np.sqrt(var)),
            ]
            more = var * count / (count - 1)
            made += [("the variance", "by N-1", more), ("the deviation", "by N-1", np.sqrt(more))]
            for statistic, divisor, batch in made:
                told = {
                    "axes": f"runs over {q.along(name, *axes)}",
                    "statistic": f"takes {statistic}",
                    "divisor": f"divides {divisor}",
                }
                yield from _averages(q, name, told, batch, count)


def _of_values(q: Question) -> Iterator[Formula]:
    for name, x in q.inputs.items():
        if x.dtype.kind == "f" and x.size == q.expected.size:
            v = x.astype(np.float64).reshape(-1)
            for told, value in (("itself", v), ("squared", v * v)):
                yield from _averages(q, name, {"square": f"takes {name} {told}"}, value, 1)


def _averages(q: Question, name: str, told: dict[str, str], batch: Array, terms: int) -> Iterator[Formula]:
    for start, old in _starts(q, name):
        for label, m in _momenta(q):
            for keep, take, a, b in (
                (label, f"(1 - {label})", m, 1 - m),
                (f"(1 - {label})", label, 1 - m, m),
            ):
                yield Formula(
                    f"the moving average of {name}",
                    told
                    | {
                        "start": f"starts from {start}",
                        "weights": f"weighs the old value by {keep.strip('()')}",
                    },
                    lambda a=a, b=b, old=old: (a * old + b * batch).reshape(q.expected.shape),
                    terms=terms,
                    fixes={
                        "weights": f"{keep} * old + {take} * new",
                        "divisor": f"np.var(..., ddof={int('N-1' in told.get('divisor', ''))})",
                        "statistic": "np.std" if "deviation" in told.get("statistic", "") else "np.var",
                    },
                )
