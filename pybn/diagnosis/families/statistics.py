"""Statistics of an input: over which axes, divided by what, with or without NaN; and what is done along an axis."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from math import prod

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, Index, twin_candidates

MOST_AXES = 5
LARGEST = 1 << 23  # elements of an input

NAMES = {
    "divisor": "N-1 for N",
    "statistic": "another statistic",
    "axes": "wrong axis",
    "axis": "wrong axis",
    "NaN": "NaN handling",
    "function": "another function",
    "statistic+divisor": "another statistic",
}


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of statistics, and pairs of what runs along an axis."""
    for name, x in q.inputs.items():
        if x.ndim <= MOST_AXES and x.size <= LARGEST:
            yield from _named(twin_candidates(q, list(_reductions(q, name, x)), NAMES))
            yield from twin_candidates(q, list(_along(q, name, x)), NAMES)
        if x.ndim == 2 and q.expected.ndim == 2 and q.expected.shape[0] in x.shape and max(x.shape) <= 2048:
            yield from twin_candidates(q, list(_covariances(name, x)), NAMES)


def _named(found: Iterator[Candidate]) -> Iterator[Candidate]:
    """Call a root that is forgotten by its name."""
    for each in found:
        if "variance" in each.sentence and "standard deviation" in each.sentence:
            yield Candidate(
                "sigma for variance",
                each.sentence,
                each.fix,
                each.make,
                each.cost,
                each.slack,
                bits=each.bits,
            )
        else:
            yield each


def groups(ndim: int) -> list[tuple[int, ...]]:
    """Return all groups of axes."""
    return [g for k in range(1, ndim + 1) for g in combinations(range(ndim), k)]


def _reductions(q: Question, name: str, x: Array) -> Iterator[Formula]:
    wide = x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)
    gaps = bool(np.isnan(wide).any())
    sizes = {q.expected.size, q.obtained.size}
    for axes in groups(x.ndim):
        count = prod(x.shape[a] for a in axes)
        if count < 2 or x.size // count not in sizes:
            continue
        over = f"runs over {'axis' if len(axes) == 1 else 'axes'} {', '.join(map(str, axes))}"
        for told, omit, source in _with_nan(wide, gaps):
            for statistic, divisor, function in _statistics(x.dtype.kind == "c", omit):
                yield Formula(
                    f"a statistic of {name}",
                    {
                        "statistic": f"takes the {statistic}",
                        "divisor": divisor,
                        "axes": over,
                        "NaN": told,
                    },
                    lambda function=function, axes=axes, source=source: _quiet(function, source, axes),
                    partial(_some, q, function, source, axes) if q.same_shape else None,
                    count,
                    16,
                    fixes={
                        "divisor": f"np.{'std' if 'dev' in statistic else 'var'}(..., ddof={int('N-1' in divisor)})",
                        "axes": f"axis={axes[0] if len(axes) == 1 else axes}, counted from 0",
                        "NaN": "np.nanmean, np.nanmax and the like"
                        if omit
                        else "np.mean, np.max and the like",
                        "statistic": f"take the {statistic}",
                    },
                )


def _with_nan(x: Array, gaps: bool) -> list[tuple[str, bool, Array]]:
    """Return what may be done with NaN, whether a function is to leave it out, and what the function is given."""
    found = [("lets NaN through", False, x)]
    return (
        [*found, ("leaves NaN out", True, x), ("takes 0 for NaN", False, np.nan_to_num(x))] if gaps else found
    )


def _quiet(function: Callable[..., Array], x: Array, axes: tuple[int, ...] | int) -> Array:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(function(x, axes))


def _some(
    q: Question, function: Callable[..., Array], x: Array, axes: tuple[int, ...], where: Index
) -> Array:
    """Return a statistic for some elements of the answer only."""
    kept = [k for k in range(x.ndim) if k not in axes]
    flat = np.ravel_multi_index(where, q.expected.shape) if q.expected.ndim else np.zeros(1, np.intp)
    at = np.unravel_index(flat, [x.shape[k] for k in kept]) if kept else (np.newaxis,)
    rows = x.transpose([*kept, *axes])[at]
    return _quiet(function, rows, tuple(range(1, rows.ndim)))


def _lines(run: Callable[..., Array], x: Array, axis: int, where: Index) -> Array:
    """Return what runs along an axis, for some elements only."""
    rows = np.moveaxis(x, axis, -1)[where[:axis] + where[axis + 1 :]]
    rows = rows.reshape(-1, x.shape[axis])
    y = _quiet(run, rows, 1)
    return y[np.arange(rows.shape[0]), where[axis]] if y.shape == rows.shape else np.empty(0)


def _statistics(complex_: bool, omit: bool) -> Iterator[tuple[str, str, Callable[..., Array]]]:
    """Yield name, divisor and function; what knows no N divides by nothing."""
    n = "nan" if omit else ""
    mean, total, var, std = (getattr(np, n + f) for f in ("mean", "sum", "var", "std"))
    for ddof, divisor in ((0, "divides by N"), (1, "divides by N-1")):
        yield "variance", divisor, lambda x, a, d=ddof: var(x, axis=a, ddof=d)
        yield "standard deviation", divisor, lambda x, a, d=ddof: std(x, axis=a, ddof=d)
    for statistic, function in (("mean", mean), ("sum", total), ("product", getattr(np, n + "prod"))):
        yield statistic, "divides by N", lambda x, a, f=function: f(x, axis=a)
    yield "sum of squares", "divides by N", lambda x, a: total(np.abs(x) ** 2, axis=a)
    yield "mean square", "divides by N", lambda x, a: mean(np.abs(x) ** 2, axis=a)
    yield "root mean square", "divides by N", lambda x, a: np.sqrt(mean(np.abs(x) ** 2, axis=a))
    yield "Euclidean norm", "divides by N", lambda x, a: np.sqrt(total(np.abs(x) ** 2, axis=a))
    yield "sum of magnitudes", "divides by N", lambda x, a: total(np.abs(x), axis=a)
    yield "mean of magnitudes", "divides by N", lambda x, a: mean(np.abs(x), axis=a)
    yield "sum of cubes", "divides by N", lambda x, a: total(x**3, axis=a)
    if not complex_:
        least, most = getattr(np, n + "min"), getattr(np, n + "max")
        yield "median", "divides by N", lambda x, a: getattr(np, n + "median")(x, axis=a)
        yield "maximum", "divides by N", lambda x, a: most(x, axis=a)
        yield "minimum", "divides by N", lambda x, a: least(x, axis=a)
        yield "largest magnitude", "divides by N", lambda x, a: most(np.abs(x), axis=a)
        yield "range", "divides by N", lambda x, a: most(x, axis=a) - least(x, axis=a)


def _covariances(name: str, x: Array) -> Iterator[Formula]:
    """Yield the covariance and the correlation of columns, and of rows."""
    wide = x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)
    for axis, columns in (("columns", wide), ("rows", wide.T)):
        n = columns.shape[0]
        centred = columns - columns.mean(axis=0)
        made: dict[tuple[str, str], Callable[..., Array]] = {
            ("covariance", "divides by N-1"): lambda c=centred, n=n: c.conj().T @ c / (n - 1),
            ("covariance", "divides by N"): lambda c=centred, n=n: c.conj().T @ c / n,
            ("covariance", "divides by nothing"): lambda c=centred: c.conj().T @ c,
            ("mean product", "divides by N-1"): lambda c=columns, n=n: c.conj().T @ c / (n - 1),
            ("mean product", "divides by N"): lambda c=columns, n=n: c.conj().T @ c / n,
            ("correlation", "divides by N"): lambda c=columns: np.corrcoef(c.T),
        }
        for (statistic, divisor), make in made.items():
            choices = {
                "statistic": f"takes the {statistic}",
                "divisor": divisor,
                "axes": f"takes {axis} for variables",
            }
            fixes = {
                "divisor": "np.cov(..., bias=...)",
                "axes": "np.cov takes rows for variables, MATLAB's cov columns",
            }
            yield Formula(f"the covariance of {name}", choices, make, terms=n, fixes=fixes)


def _along(q: Question, name: str, x: Array) -> Iterator[Formula]:
    """Yield what keeps the shape, or nearly: along one axis, or over all."""
    if x.dtype.kind == "c" or not {q.expected.size, q.obtained.size} & _near_sizes(x):
        return
    wide = x.astype(np.float64)
    for axis, n in enumerate(x.shape):
        if n > 1:
            for function, run in FUNCTIONS.items():
                yield Formula(
                    f"what is made of {name} along an axis",
                    {"function": function, "axis": f"along axis {axis}"},
                    lambda run=run, axis=axis: _quiet(run, wide, axis),
                    partial(_lines, run, wide, axis)
                    if q.same_shape and q.expected.shape == x.shape
                    else None,
                    n,
                    16,
                    fixes={"axis": f"axis={axis}"},
                )


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
    "takes differences": lambda x, a: np.diff(x, axis=a),
    "takes the gradient": lambda x, a: np.asarray(np.gradient(x, axis=a)),
    "sorts": lambda x, a: np.sort(x, axis=a),
    "sorts downwards": lambda x, a: -np.sort(-x, axis=a),
    "takes the softmax": _softmax,
    "takes the logarithm of the softmax": lambda x, a: np.log(_softmax(x, a)),
    "subtracts the mean": lambda x, a: x - x.mean(axis=a, keepdims=True),
    "subtracts the median": lambda x, a: x - np.median(x, axis=a, keepdims=True),
    "divides by the sum": _over(np.sum),
    "divides by the maximum": _over(np.max),
    "divides by the norm": lambda x, a: x / np.sqrt((x * x).sum(axis=a, keepdims=True)),
    "divides by the squared norm": lambda x, a: x / (x * x).sum(axis=a, keepdims=True),
    "scales to 0 ... 1": _scaled,
    "standardises by the N-1 deviation": _scored(1),
    "standardises by the N deviation": _scored(0),
    "subtracts the mean and divides by the N-1 variance": lambda x, a: (
        (x - x.mean(axis=a, keepdims=True)) / x.var(axis=a, keepdims=True, ddof=1)
    ),
    "subtracts the mean and divides by the N variance": lambda x, a: (
        (x - x.mean(axis=a, keepdims=True)) / x.var(axis=a, keepdims=True)
    ),
}
