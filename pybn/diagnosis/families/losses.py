"""Losses of scores: softmax and cross-entropy, of labels or of one row of 0 and 1 each; and their gradients."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.families.order import whole
from pybn.diagnosis.question import Question, alike
from pybn.diagnosis.twins import Formula, twin_candidates

NAMES = {
    "axis": "wrong axis",
    "divisor": "a factor N",
    "sign": "sign",
    "base": "index base",
    "logarithm": "a factor",
    "eps": "eps",
    "step": "another function",
}
LARGEST = 1 << 18
SIGNS = {"takes the negative": -1.0, "does not negate": 1.0}
LOGS = {"takes the natural logarithm": 1.0, "takes log2": 1 / np.log(2), "takes log10": 1 / np.log(10)}


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of losses and gradients of each matrix of scores, with targets among the other inputs."""
    if q.expected.dtype.kind != "f" or not q.same_shape:
        return
    for name, x in q.inputs.items():
        if x.ndim != 2 or x.dtype.kind != "f" or x.size > LARGEST or min(x.shape) < 2:
            continue
        for other, t in q.inputs.items():
            if other != name:
                targets = list(_targets(other, t, x.shape))
                if alike(x.shape, q.expected.shape):
                    yield from twin_candidates(q, list(_gradients(f"{name} and {other}", x, targets)), NAMES)
                elif q.expected.size in (1, *x.shape):
                    yield from twin_candidates(q, list(_losses(q, f"{name} and {other}", x, targets)), NAMES)


def _targets(name: str, t: Array, shape: tuple[int, ...]) -> Iterator[tuple[str, int, Array]]:
    """Yield in words, along which axis the classes are, and 0 and 1 for each score."""
    if t.shape == shape and t.dtype.kind in "biuf":
        for axis in (1, 0):
            yield f"takes {name} as it is", axis, t.astype(np.float64)
    found = whole(t)
    if found is None or t.size != max(t.shape):
        return
    for axis, n in ((1, shape[1]), (0, shape[0])):
        for base in (1, 0):
            at = found.reshape(-1) - base
            if t.size == shape[1 - axis] and at.min() >= 0 and at.max() < n:
                hot = np.eye(n)[at]
                yield f"counts classes from {base}", axis, hot if axis == 1 else hot.T


def _softmax(x: Array, axis: int) -> Array:
    e = np.exp(x.astype(np.float64) - x.max(axis=axis, keepdims=True))
    return np.asarray(e / e.sum(axis=axis, keepdims=True))


def _steps(x: Array) -> Iterator[tuple[str, str, Array]]:
    """Yield probabilities: the softmax along each axis, the sigmoid, or the scores themselves."""
    for axis in (1, 0):
        yield "takes the softmax", f"runs along axis {axis}", _softmax(x, axis)
    wide = x.astype(np.float64)
    yield "takes the sigmoid", "", 1 / (1 + np.exp(-wide))
    yield "takes the scores as they are", "", wide


def _divisors(shape: tuple[int, ...], axis: int) -> dict[str, float]:
    return {
        "divides by the size of the batch": float(shape[1 - axis]),
        "does not divide": 1.0,
        "divides by the number of classes": float(shape[axis]),
        "divides by the number of elements": float(shape[0] * shape[1]),
        "divides by twice the size of the batch": 2.0 * shape[1 - axis],
    }


def _gradients(about: str, x: Array, targets: list[tuple[str, int, Array]]) -> Iterator[Formula]:
    for (base, axis, hot), (step, along, p) in product(targets, _steps(x)):
        for (divisor, n), (sign, s) in product(_divisors(x.shape, axis).items(), SIGNS.items()):
            yield Formula(
                f"the gradient of a loss of {about}",
                {"step": step, "axis": along, "base": base, "divisor": divisor, "sign": sign},
                lambda p=p, hot=hot, n=n, s=s: s * (p - hot) / n,
                terms=64,
            )


def _losses(q: Question, about: str, x: Array, targets: list[tuple[str, int, Array]]) -> Iterator[Formula]:
    small = {"adds no eps": 0.0, **{f"adds {n}": v for n, v in q.scalars.items() if 0 < v < 1e-2}}
    small |= {"adds eps = 1e-8": 1e-8, "adds eps = 1e-7": 1e-7, "adds eps = 1e-12": 1e-12}
    for (base, axis, hot), (step, along, p) in product(targets, _steps(x)):
        for (eps, e), (logarithm, k) in product(small.items(), LOGS.items()):
            terms = np.where(hot == 0, 0.0, hot * np.log(p + e) * k)
            each = terms.sum(axis=axis)
            for divisor, n in (_divisors(x.shape, axis) if q.expected.size == 1 else {"": 1.0}).items():
                for sign, s in SIGNS.items():
                    yield Formula(
                        f"the cross-entropy of {about}",
                        {
                            "step": step,
                            "axis": along,
                            "base": base,
                            "divisor": divisor,
                            "sign": sign,
                            "eps": eps,
                            "logarithm": logarithm,
                        },
                        lambda each=each, n=n, s=s: np.asarray(
                            s * (each.sum() if q.expected.size == 1 else each) / n
                        ),
                        terms=x.size,
                    )
