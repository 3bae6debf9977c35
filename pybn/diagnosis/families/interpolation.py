"""Interpolation between known points: what lies beyond them, the method, and where the points are counted from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import permutations
from typing import Literal

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, twin_candidates

NAMES = {"beyond": "NaN handling", "method": "another function", "points": "index base"}
LARGEST = 1 << 16
BEYOND = {"gives NaN": np.nan, "gives 0": 0.0, "repeats the end": None}


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of interpolations of vectors, as interp1(x, v, xq) and interp1(v, xq)."""
    if q.expected.dtype.kind != "f" or not q.same_shape or q.expected.size > LARGEST:
        return
    flat = {
        n: x.reshape(-1).astype(np.float64)
        for n, x in q.inputs.items()
        if x.dtype.kind in "iuf" and x.size == max(x.shape) <= LARGEST and np.isfinite(x).all()
    }
    asked = [n for n, x in flat.items() if x.size == q.expected.size]
    for n in asked:
        for p, v in permutations([m for m in flat if m != n], 2):
            if flat[p].size == flat[v].size > 1 and np.all(np.diff(flat[p]) > 0):
                about = f"{v} over {p}, interpolated at {n}"
                yield from twin_candidates(
                    q, list(_made(about, flat[n], flat[v], {"takes its points": flat[p]})), NAMES
                )
        for v in (m for m in flat if m != n and flat[m].size > 1):
            points = {f"counts {v} from {k}": np.arange(flat[v].size) + float(k) for k in (1, 0)}
            yield from twin_candidates(
                q, list(_made(f"{v} interpolated at {n}", flat[n], flat[v], points)), NAMES
            )


def _made(about: str, at: Array, values: Array, places: dict[str, Array]) -> Iterator[Formula]:
    for points, x in places.items():
        for method, of in METHODS.items():
            for beyond, value in BEYOND.items():
                yield Formula(
                    about,
                    {"method": method, "beyond": f"{beyond} beyond the points", "points": points},
                    partial(_between, of, at, x, values, value),
                    main="method",
                    terms=64,
                    fixes={
                        "beyond": "np.interp(xq, x, v, left=np.nan, right=np.nan), as interp1"
                        if beyond == "gives NaN"
                        else f"look at what lies beyond the points: expected {beyond}"
                    },
                )


def _nearest(t: Array, x: Array, v: Array, higher: bool) -> Array:
    k = np.clip(np.searchsorted(x, t, side="right") - 1, 0, x.size - 2)
    middle = x[k] + x[k + 1]
    return np.asarray(v[k + ((2 * t >= middle) if higher else (2 * t > middle))])


def _before(t: Array, x: Array, v: Array, side: Literal["left", "right"], less: int) -> Array:
    return np.asarray(v[np.clip(np.searchsorted(x, t, side=side) - less, 0, x.size - 1)])


METHODS: dict[str, Callable[[Array, Array, Array], Array]] = {
    "interpolates linearly": np.interp,
    "takes the nearest, the higher of two": lambda t, x, v: _nearest(t, x, v, higher=True),
    "takes the nearest, the lower of two": lambda t, x, v: _nearest(t, x, v, higher=False),
    "takes the one before": lambda t, x, v: _before(t, x, v, "right", 1),
    "takes the next one": lambda t, x, v: _before(t, x, v, "left", 0),
}


def _between(
    of: Callable[[Array, Array, Array], Array], at: Array, x: Array, v: Array, beyond: float | None
) -> Array:
    y = of(at, x, v)
    return y if beyond is None else np.where((at < x[0]) | (at > x[-1]), beyond, y)
