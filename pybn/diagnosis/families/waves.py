"""Sines and cosines: times an input or a number, of an angle in degrees or radians, or of 2 pi f t; and in matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import content_bits, value_bits
from pybn.diagnosis.question import Question, alike
from pybn.diagnosis.twins import Formula, near, some_of, twin_candidates

NAMES = {"unit": "degrees", "function": "another function", "turns": "a factor", "times": "a term or factor"}
LARGEST = 1 << 20
FUNCTIONS: dict[str, Callable[[Any], Any]] = {"sine": np.sin, "cosine": np.cos, "tangent": np.tan}
UNITS = {"takes radians": 1.0, "takes degrees": np.pi / 180}


def _fix(angle: str, unit: str) -> str:
    if unit == "takes degrees":
        return f"np.deg2rad({angle}): NumPy's functions take radians, MATLAB's sind and cosd degrees"
    return f"{angle} is in radians: leave out np.deg2rad"


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of waves, and matrices whose elements are sines and cosines of an attribute."""
    if q.expected.dtype.kind != "f" or not q.same_shape or not 2 <= q.expected.size <= LARGEST:
        return
    yield from twin_candidates(q, list(_waves(q)), NAMES)
    yield from _entries(q)


def _waves(q: Question) -> Iterator[Formula]:
    """Yield the waves that a few elements of either side speak for."""
    shape, where = q.expected.shape, some_of(q.expected.shape, 16)
    known = {
        n: x.astype(np.float64).reshape(shape)
        for n, x in q.inputs.items()
        if x.dtype.kind in "iuf" and alike(x.shape, shape)
    }
    for n, t in list(known.items())[:4]:
        factors: dict[str, Array] = {"nothing": np.ones(shape)}
        factors |= {m: v for m, v in known.items() if m != n}
        factors |= {k: np.full(shape, v) for k, v in list(q.scalars.items())[:4]}
        factors |= {"-1" if m == "nothing" else f"-{m}": -v for m, v in factors.items()}
        some = np.array([v[where] for v in factors.values()])
        for (angle, turns, a), (unit, by), (told, f) in product(
            _angles(q, n, t), UNITS.items(), FUNCTIONS.items()
        ):
            if turns != "in itself" and unit == "takes degrees":
                continue
            fits = near(q, where, some * f(a[where] * by), 64)
            for times, factor in (pair for pair, fit in zip(factors.items(), fits, strict=True) if fit):
                yield Formula(
                    f"a wave of {angle}",
                    {
                        "function": f"takes the {told}",
                        "unit": unit,
                        "turns": turns,
                        "times": f"multiplies by {times}",
                    },
                    lambda f=f, a=a, by=by, factor=factor: factor * f(a * by),
                    main="function",
                    terms=64,
                    fixes={
                        "unit": _fix(angle, unit),
                        "turns": f"{'2 * np.pi * ' if turns != 'in itself' else ''}{angle}",
                    },
                )


def _angles(q: Question, n: str, t: Array) -> Iterator[tuple[str, str, Array]]:
    """Yield an input, and its products with a number, as angles; and 2 pi times those."""
    yield n, "in itself", t
    for k, f in list(q.scalars.items())[:4]:
        yield f"{k} * {n}", "in itself", f * t
        yield f"{k} * {n}", "takes 2 pi times it", 2 * np.pi * f * t


def _entries(q: Question) -> Iterator[Candidate]:
    """Yield that all differing elements are of one angle, in degrees on one side and in radians on the other."""
    if q.expected.size > 64 or value_bits(q) < 16:
        return
    e, o = q.expected[q.differing], q.obtained[q.differing]
    for name, angle in q.scalars.items():
        for right, wrong in (("degrees", "radians"), ("radians", "degrees")):
            y = q.obtained.copy()
            made = np.full(e.shape, np.nan)
            for f, sign in product(FUNCTIONS.values(), (1.0, -1.0)):
                of = [sign * float(f(np.float64(angle * UNITS[f"takes {unit}"]))) for unit in (right, wrong)]
                made[np.isclose(e, of[0], rtol=1e-12)] = of[1]
            if not np.isfinite(made).all():
                continue
            y[q.differing] = made
            yield Candidate(
                "degrees",
                f"the elements that differ are sines and cosines of {name}: the port takes it in {wrong}, "
                f"where expected takes it in {right}",
                _fix(name, f"takes {right}"),
                lambda y=y: y,
                1.0,
                16.0,
                bits=content_bits(o, value_bits(q)) - 4.0,
            )
