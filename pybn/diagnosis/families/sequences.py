"""Sequences: recursive filters, polynomials, repetition of an input, ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, twin_candidates

NAMES = {
    "feedback": "sign of the feedback",
    "coefficients": "order of coefficients",
    "order": "order of coefficients",
    "operands": "operands exchanged",
    "weight": "momentum reversed",
    "start": "start value",
    "repetition": "repeated another way",
    "axis": "wrong axis",
    "end": "end of a range",
}
LONGEST = 4096  # elements of a sequence that a loop runs over
LARGEST = 1 << 20
SMALL = 1 << 18


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of what makes a sequence: of inputs, of numbers alone."""
    if q.expected.size > LARGEST or q.expected.dtype.kind not in "iufc":
        return
    yield from twin_candidates(q, list(_polynomials(q)), NAMES)
    yield from twin_candidates(q, list(_ranges(q)), NAMES)
    for n, x in q.inputs.items():
        yield from twin_candidates(q, list(_smoothed(q, n, x)), NAMES)
        yield from twin_candidates(q, list(_repeated(q, n, x)), NAMES)
        if x.size == max(x.shape) == q.expected.size <= LONGEST:
            yield from twin_candidates(q, list(_filtered(q, n, x)), NAMES)


def recursive(b: Array, a: Array, x: Array) -> Array:
    """Filter a vector: a[0] y[i] = b[0] x[i] + b[1] x[i-1] ... - a[1] y[i-1] - ..., as MATLAB's filter."""
    y = np.zeros(x.size, np.result_type(x, np.float64))
    for i in range(x.size):
        k, m = min(b.size, i + 1), min(a.size, i + 1)
        y[i] = (b[:k] @ x[i - k + 1 : i + 1][::-1] - a[1:m] @ y[i - m + 1 : i][::-1]) / a[0]
    return y


def _filtered(q: Question, n: str, x: Array) -> Iterator[Formula]:
    short = {m: v.reshape(-1) for m, v in q.inputs.items() if m != n and 1 < v.size == max(v.shape) <= 64}
    for (m, u), (k, v) in product(short.items(), repeat=2):
        if m == k:
            continue
        for order, b, a in ((f"divides {m} by {k}", u, v), (f"divides {k} by {m}", v, u)):
            for (feedback, s), (coefficients, step) in product(
                (("subtracts the feedback", 1.0), ("adds the feedback", -1.0)),
                (("takes the newest value first", 1), ("takes the oldest value first", -1)),
            ):
                turned = np.concatenate([a[:1], s * a[1:]])
                yield Formula(
                    f"the filter of {n} by {' and '.join(sorted((m, k)))}",
                    {"operands": order, "feedback": feedback, "coefficients": coefficients},
                    lambda b=b[::step], a=turned: recursive(b, a, x.reshape(-1)),
                    terms=256,
                    fixes={
                        "feedback": "y[i] = b @ x - a[1:] @ y, as MATLAB's filter(b, a, x)",
                        "coefficients": "b[0] * x[i] + b[1] * x[i - 1] + ..., as MATLAB's filter(b, a, x)",
                    },
                )


def _smoothed(q: Question, n: str, x: Array) -> Iterator[Formula]:
    """Yield exponential smoothing along the first axis of a vector or matrix."""
    if (
        x.ndim > 2
        or x.size != q.expected.size
        or max(x.shape) > LONGEST
        or x.dtype.kind == "c"
        or x.size > SMALL
    ):
        return
    for name, alpha in [(k, v) for k, v in q.scalars.items() if 0 < v < 1][:4]:
        for weight, new in (
            (f"weighs the new value by {name}", alpha),
            (f"weighs the new value by 1 - {name}", 1 - alpha),
        ):
            for start, first in (("starts from 0", False), ("starts from the first value", True)):
                for axis in range(x.ndim):
                    yield Formula(
                        f"the smoothed {n}",
                        {"weight": weight, "start": start, "axis": f"runs along axis {axis}"},
                        lambda new=new, first=first, axis=axis: smoothed(x, new, first, axis),
                        terms=64,
                        fixes={
                            "weight": f"{name} * new + (1 - {name}) * old"
                            if new == alpha
                            else f"(1 - {name}) * new + {name} * old"
                        },
                    )


def smoothed(x: Array, new: float, first: bool, axis: int) -> Array:
    """Smooth along an axis: y[i] = new * x[i] + (1 - new) * y[i-1]."""
    rows = np.moveaxis(x.astype(np.float64), axis, 0)
    y = np.empty_like(rows)
    state = rows[0] if first else np.zeros_like(rows[0])
    for i, row in enumerate(rows):
        state = new * row + (1 - new) * state
        y[i] = state
    return np.moveaxis(y, 0, axis)


def _polynomials(q: Question) -> Iterator[Formula]:
    for n, p in q.inputs.items():
        if 1 < p.size == max(p.shape) <= 20:
            for m, x in q.inputs.items():
                if m != n and x.size == q.expected.size and x.dtype.kind in "fc":
                    for order, c in (
                        ("the highest power first", p.reshape(-1)),
                        ("the lowest power first", p.reshape(-1)[::-1]),
                    ):
                        yield Formula(
                            f"the polynomial {n} of {m}",
                            {"order": f"takes {order}"},
                            lambda c=c, x=x: np.polyval(c, x),
                            terms=1024,
                            fixes={
                                "order": "np.polyval takes the highest power first, as MATLAB; np.polynomial the lowest"
                            },
                        )


def _repeated(q: Question, n: str, x: Array) -> Iterator[Formula]:
    shape = q.expected.shape
    own = (1,) * (len(shape) - x.ndim) + x.shape
    if (
        len(own) != len(shape)
        or x.size == q.expected.size
        or any(s % t for s, t in zip(shape, own, strict=True))
    ):
        return
    times = [s // t for s, t in zip(shape, own, strict=True)]
    made: dict[str, Callable[[], Array]] = {
        "repeats the whole": lambda: np.tile(x, times),
        "repeats each element": lambda: np.kron(x.reshape(own), np.ones(times, x.dtype)),
    }
    for told, make in made.items():
        fixes = {"repetition": "repmat is np.tile, repelem is np.repeat or np.kron with ones"}
        yield Formula(f"the repetition of {n}", {"repetition": told}, make, fixes=fixes)


def _ranges(q: Question) -> Iterator[Formula]:
    """Yield ranges between two numbers, with the end and without."""
    n = q.expected.size
    if not 3 < n <= LONGEST or n != max(q.expected.shape) or not q.same_shape:
        return
    given = list(q.scalars.items())[:5]
    for (a, first), (b, last) in product(given, repeat=2):
        if first != last:
            for end, steps in (
                ("has the end", n - 1),
                ("leaves out the end", n),
                ("has a point more", n - 2),
            ):
                yield Formula(
                    f"the range from {a} to {b}",
                    {"end": end},
                    lambda f=first, t=last, s=steps: f + np.arange(n) * ((t - f) / s),
                    fixes={"end": f"np.linspace({a}, {b}, n) has the end, endpoint=False leaves it out"},
                )
