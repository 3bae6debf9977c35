"""What is done along one axis of an input, or over all of it: cumulative sums, sorting, softmax, scaling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.families.statistics import LARGEST, MOST_AXES, quiet
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, Index, twin_candidates

SMALL = 1 << 18  # elements: what is done over all axes is not tried on a few
NAMES = {"axis": "wrong axis", "function": "another function"}


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of what is made of an input along an axis."""
    for name, x in q.inputs.items():
        if x.ndim <= MOST_AXES and x.size <= LARGEST:
            for each in twin_candidates(q, list(_along(q, name, x)), NAMES):
                wrong, _, right = each.sentence.partition("where expected")
                if "standardises" in wrong and "standardises" in right:
                    each = replace(each, name="N-1 for N")
                elif "NaN" in wrong + right and each.name == "another function":
                    each = replace(each, name="NaN handling")
                elif "variance" in wrong and "standardises" in right:
                    each = replace(each, name="sigma for variance")
                yield each


def _lines(run: Callable[..., Array], x: Array, axis: int, where: Index) -> Array:
    """Return what runs along an axis, for some elements only."""
    rows = np.moveaxis(x, axis, -1)[where[:axis] + where[axis + 1 :]]
    rows = rows.reshape(-1, x.shape[axis])
    y = quiet(run, rows, 1)
    return y[np.arange(rows.shape[0]), where[axis]] if y.shape == rows.shape else np.empty(0)


def _flat(run: Callable[..., Array], x: Array) -> Array:
    y = quiet(run, x.reshape(-1), 0)
    return y.reshape(x.shape) if y.size == x.size else y


def _along(q: Question, name: str, x: Array) -> Iterator[Formula]:
    """Yield what keeps the shape, or nearly: along one axis, or over all."""
    if x.dtype.kind == "c" or not {q.expected.size, q.obtained.size} & _near_sizes(x):
        return
    wide = x.astype(np.float64)
    if x.ndim > 1 and x.size == q.expected.size <= SMALL:
        for function, run in FUNCTIONS.items():
            told = {"function": function, "axis": "runs over all axes together"}
            flat = partial(_flat, run, wide)
            yield Formula(
                f"{name} along an axis",
                told,
                flat,
                main="function",
                terms=x.size,
                fixes={"axis": "axis=None"} | _fix(name, function, None),
            )
    for axis, n in enumerate(x.shape):
        if n > 1:
            for function, run in FUNCTIONS.items():
                yield Formula(
                    f"{name} along an axis",
                    {"function": function, "axis": f"runs along {q.along(name, axis)}"},
                    lambda run=run, axis=axis: quiet(run, wide, axis),
                    partial(_lines, run, wide, axis)
                    if q.same_shape and q.expected.shape == x.shape
                    else None,
                    "function",
                    n,
                    16,
                    fixes={"axis": f"axis={axis}"} | _fix(name, function, axis),
                )


def _fix(name: str, function: str, axis: int | None) -> dict[str, str]:
    if "cumulative m" in function:
        best = ("np.fm" if "NaN" not in function else "np.m") + ("ax" if "maximum" in function else "in")
        best = best if best.startswith("np.f") else best + "imum"
        return {"function": f"{best}.accumulate({name}, axis={axis})"}
    if "with N" not in function:
        return {}
    code = (
        f"np.{'var' if 'variance' in function else 'std'}({name}, axis={axis}, ddof={int('N-1' in function)})"
    )
    return {"function": f"divide by {code}"}


def _near_sizes(x: Array) -> set[int]:
    return {x.size} | {x.size // n * (n - 1) for n in x.shape if n > 1}


def _softmax(x: Array, axis: int) -> Array:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.asarray(e / e.sum(axis=axis, keepdims=True))


def _over(statistic: Callable[..., Array]) -> Callable[[Array, int], Array]:
    return lambda x, a: x / statistic(x, axis=a, keepdims=True)


def _scored(ddof: int) -> Callable[[Array, int], Array]:
    return lambda x, a: (x - x.mean(axis=a, keepdims=True)) / x.std(axis=a, keepdims=True, ddof=ddof)


def _scaled(x: Array, a: int) -> Array:
    low = x.min(axis=a, keepdims=True)
    return np.asarray((x - low) / (x.max(axis=a, keepdims=True) - low))


FUNCTIONS: dict[str, Callable[[Array, int], Array]] = {
    "takes the cumulative sum": lambda x, a: np.cumsum(x, axis=a),
    "takes the cumulative product": lambda x, a: np.cumprod(x, axis=a),
    "takes the cumulative sum of what comes before": lambda x, a: np.cumsum(x, axis=a) - x,
    "takes the cumulative sum from the end": lambda x, a: np.flip(np.cumsum(np.flip(x, a), axis=a), a),
    "takes the cumulative maximum": lambda x, a: np.fmax.accumulate(x, axis=a),
    "takes the cumulative maximum, passing NaN on": lambda x, a: np.maximum.accumulate(x, axis=a),
    "takes the cumulative minimum": lambda x, a: np.fmin.accumulate(x, axis=a),
    "takes the cumulative minimum, passing NaN on": lambda x, a: np.minimum.accumulate(x, axis=a),
    "takes the cumulative sum, with 0 for NaN": lambda x, a: np.nancumsum(x, axis=a),
    "takes differences": lambda x, a: np.diff(x, axis=a),
    "takes the gradient": lambda x, a: np.asarray(np.gradient(x, axis=a)),
    "sorts": lambda x, a: np.sort(x, axis=a),
    "sorts downwards": lambda x, a: -np.sort(-x, axis=a),
    "takes the softmax": _softmax,
    "takes the logarithm of the softmax": lambda x, a: np.log(_softmax(x, a)),
    "subtracts the mean": lambda x, a: x - x.mean(axis=a, keepdims=True),
    "subtracts the median": lambda x, a: x - np.median(x, axis=a, keepdims=True),
    "divides by the sum": _over(np.sum),
    "divides by the sum of magnitudes": lambda x, a: x / np.abs(x).sum(axis=a, keepdims=True),
    "divides by the maximum": _over(np.max),
    "divides by the norm": lambda x, a: x / np.sqrt((x * x).sum(axis=a, keepdims=True)),
    "divides by the squared norm": lambda x, a: x / (x * x).sum(axis=a, keepdims=True),
    "scales to 0 ... 1": _scaled,
    "standardises with N-1": _scored(1),
    "standardises with N": _scored(0),
    "divides by the variance with N-1": lambda x, a: (
        (x - x.mean(axis=a, keepdims=True)) / x.var(axis=a, keepdims=True, ddof=1)
    ),
    "divides by the variance with N": lambda x, a: (
        (x - x.mean(axis=a, keepdims=True)) / x.var(axis=a, keepdims=True)
    ),
}
