"""Statistics of an input: over which axes, divided by what, with or without NaN."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import combinations
from math import prod
from typing import Any

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
    "NaN": "NaN handling",
    "statistic+divisor": "another statistic",
}


SUMS = (
    ("sum,", "mean"),
    ("sum of squares", "mean square"),
    ("mean", "sum"),
    ("mean of magnitudes", "sum of magnitudes"),
)
Statistic = Callable[..., Array]


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of statistics."""
    for name, x in _sources(q):
        if x.ndim <= MOST_AXES and x.size <= LARGEST:
            yield from _named(twin_candidates(q, list(_reductions(q, name, x)), NAMES))
        if x.ndim == 2 and q.expected.ndim == 2 and q.expected.shape[0] in x.shape and max(x.shape) <= 2048:
            yield from twin_candidates(q, list(_covariances(name, x)), NAMES)
    yield from _ratios(q)


def _ratios(q: Question) -> Iterator[Candidate]:
    """Yield a statistic of an input that is there once too often, or once too little, as a factor or as a term."""
    e, o = q.expected, q.obtained
    if not q.same_shape or e.dtype.kind != "f" or o.dtype.kind != "f" or q.expected.size < 3:
        return
    for name, x in q.inputs.items():
        if x.dtype.kind != "f" or x.ndim > 4 or x.size > 1 << 18:
            continue
        for axes in groups(x.ndim):
            for told, value in _deviations(x.astype(np.float64), axes):
                v = value.reshape(e.shape) if value.size == e.size else value
                over = f"{told} of {name} over {q.along(name, *axes)}"
                if not _broadcasts(v.shape, e.shape) or np.unique(v).size < 2:
                    continue
                sigma = "sigma for variance" if told.startswith("the deviation") else "a term or factor"
                yield Candidate(
                    sigma,
                    f"obtained is expected times {over}",
                    f"divide by {over}",
                    partial(np.multiply, e, v),
                    3.0,
                    64.0,
                    "computed",
                )
                yield Candidate(
                    sigma,
                    f"obtained is expected divided by {over}",
                    f"multiply by {over}",
                    partial(np.divide, e, v),
                    3.0,
                    64.0,
                    "computed",
                )


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    return len(shape) <= len(to) and all(n in (1, m) for n, m in zip(shape[::-1], to[::-1], strict=False))


def _deviations(x: Array, axes: tuple[int, ...]) -> Iterator[tuple[str, Array]]:
    """Yield statistics that answers are divided by, in the shape that broadcasts to x."""
    for ddof, n in ((1, "N-1"), (0, "N")):
        if prod(x.shape[a] for a in axes) > 1:
            yield f"the deviation with {n}", x.std(axis=axes, ddof=ddof, keepdims=True)
    yield "the mean", x.mean(axis=axes, keepdims=True)
    yield "the norm", np.sqrt((x * x).sum(axis=axes, keepdims=True))


def _sources(q: Question) -> Iterator[tuple[str, Array]]:
    """Yield the inputs, then differences and products of two of one shape, which errors and losses are made of."""
    yield from q.inputs.items()
    if len(q.inputs) <= 4:
        for (n, a), (m, b) in combinations(q.inputs.items(), 2):
            if a.shape == b.shape and a.dtype.kind in "fc" and b.dtype.kind in "fc" and a.size <= 1 << 20:
                yield f"{n} - {m}", a - b
                yield f"{n} .* {m}", a * b


def _named(found: Iterator[Candidate]) -> Iterator[Candidate]:
    """Call a root that is forgotten, and a sum for a mean, by their names."""
    for each in found:
        if "variance" in each.sentence and "standard deviation" in each.sentence:
            yield replace(each, name="sigma for variance")
        elif "takes half the" in each.sentence and each.name == "another statistic":
            yield replace(each, name="a factor")
        elif any(f"takes the {a}" in each.sentence and f"takes the {b}" in each.sentence for a, b in SUMS):
            yield replace(each, name="a factor N")
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
        over = f"runs over {q.along(name, *axes)}"
        for told, omit, source in _with_nan(wide, gaps):
            for statistic, divisor, function in _statistics(x.dtype.kind == "c", omit):
                yield Formula(
                    f"a statistic of {name}",
                    {
                        "statistic": f"takes {_article(statistic)}",
                        "divisor": divisor,
                        "axes": over,
                        "NaN": told,
                    },
                    lambda function=function, axes=axes, source=source: quiet(function, source, axes),
                    partial(_some, q, function, source, axes) if q.same_shape else None,
                    "statistic",
                    count,
                    16,
                    fixes=_fixes(name, statistic, divisor, axes, omit),
                )


def _article(statistic: str) -> str:
    return statistic if statistic.startswith("half") else f"the {statistic}"


def _fixes(name: str, statistic: str, divisor: str, axes: tuple[int, ...], omit: bool) -> dict[str, str]:
    function, axis = "std" if "standard" in statistic else "var", axes[0] if len(axes) == 1 else axes
    return {
        "divisor": f"np.{function}({name}, axis={axis}, ddof={int('N-1' in divisor)})",
        "axes": f"axis={axis}: NumPy counts axes from 0, MATLAB from 1",
        "NaN": "np.nanmean, np.nanmax and the like" if omit else "np.mean, np.max and the like",
        "statistic": f"take {_article(statistic)}",
    }


def _with_nan(x: Array, gaps: bool) -> list[tuple[str, bool, Array]]:
    """Return what may be done with NaN, whether a function is to leave it out, and what the function is given."""
    found = [("lets NaN through", False, x)]
    return (
        [*found, ("leaves NaN out", True, x), ("takes 0 for NaN", False, np.nan_to_num(x))] if gaps else found
    )


def quiet(function: Callable[..., Array], x: Array, axes: tuple[int, ...] | int) -> Array:
    """Apply a function along axes, without the warnings that NaN makes."""
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
    return quiet(function, rows, tuple(range(1, rows.ndim)))


def _statistics(complex_: bool, omit: bool) -> Iterator[tuple[str, str, Statistic]]:
    """Yield name, divisor and function; what knows no N divides by nothing."""
    n = "nan" if omit else ""
    mean, total, var, std = (getattr(np, n + f) for f in ("mean", "sum", "var", "std"))
    for ddof, divisor in ((0, "divides by N"), (1, "divides by N-1")):
        yield "variance", divisor, lambda x, a, d=ddof: var(x, axis=a, ddof=d)
        yield "standard deviation", divisor, lambda x, a, d=ddof: std(x, axis=a, ddof=d)
    made: dict[str, Statistic] = {
        "mean": lambda x, a: mean(x, axis=a),
        "sum": lambda x, a: total(x, axis=a),
        "product": lambda x, a: getattr(np, n + "prod")(x, axis=a),
        "sum of squares": lambda x, a: total(np.abs(x) ** 2, axis=a),
        "mean square": lambda x, a: mean(np.abs(x) ** 2, axis=a),
        "half the sum of squares": lambda x, a: total(np.abs(x) ** 2, axis=a) / 2,
        "half the mean square": lambda x, a: mean(np.abs(x) ** 2, axis=a) / 2,
        "root mean square": lambda x, a: np.sqrt(mean(np.abs(x) ** 2, axis=a)),
        "Euclidean norm": lambda x, a: np.sqrt(total(np.abs(x) ** 2, axis=a)),
        "sum of magnitudes": lambda x, a: total(np.abs(x), axis=a),
        "mean of magnitudes": lambda x, a: mean(np.abs(x), axis=a),
        "sum of cubes": lambda x, a: total(x**3, axis=a),
    }
    for statistic, function in made.items():
        yield statistic, "divides by N", function
    if not complex_:
        yield from _of_reals(n, mean, std)


def _of_reals(n: str, mean: Statistic, std: Statistic) -> Iterator[tuple[str, str, Statistic]]:
    """Yield the statistics that complex numbers do not have, with the functions of NumPy that start with `n`."""
    least, most, median = (getattr(np, n + f) for f in ("min", "max", "median"))
    made: dict[str, Statistic] = {
        "median": lambda x, a: median(x, axis=a),
        "maximum": lambda x, a: most(x, axis=a),
        "minimum": lambda x, a: least(x, axis=a),
        "largest magnitude": lambda x, a: most(np.abs(x), axis=a),
        "range": lambda x, a: most(x, axis=a) - least(x, axis=a),
        "logarithm of the sum of exponentials": lambda x, a: np.log(np.sum(np.exp(x), axis=a)),
        "geometric mean": lambda x, a: np.exp(mean(np.log(x), axis=a)),
        "mean deviation": lambda x, a: mean(np.abs(x - mean(x, axis=a, keepdims=True)), axis=a),
        "median deviation": lambda x, a: median(np.abs(x - median(x, axis=a, keepdims=True)), axis=a),
    }
    for statistic, function in made.items():
        yield statistic, "divides by N", function
    for ddof, divisor in ((0, "divides by N"), (1, "divides by N-1")):

        def moment(x: Array, a: Any, power: int, d: int = ddof) -> Array:
            score = (x - mean(x, axis=a, keepdims=True)) / std(x, axis=a, ddof=d, keepdims=True)
            return np.asarray(mean(score**power, axis=a))

        yield "skewness", divisor, partial(moment, power=3)
        yield "kurtosis", divisor, partial(moment, power=4)
        yield "excess kurtosis", divisor, lambda x, a, m=moment: m(x, a, 4) - 3


def _covariances(name: str, x: Array) -> Iterator[Formula]:
    """Yield the covariance and the correlation of columns, and of rows."""
    wide = x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)
    for axis, columns in (("columns", wide), ("rows", wide.T)):
        n = columns.shape[0]
        centred = columns - columns.mean(axis=0)
        scored = centred / np.sqrt((np.abs(centred) ** 2).sum(axis=0))
        for statistic, c, total in (
            ("covariance", centred, 0),
            ("mean product", columns, 0),
            ("correlation", scored, 1),
        ):
            divisors = {"divides by N-1": (n - 1, 1), "divides by N": (n, 0), "divides by nothing": (1, -1)}
            for divisor, (by, ddof) in divisors.items():
                if total and by != 1:
                    continue
                yield Formula(
                    f"the covariance of {name}",
                    {
                        "statistic": f"takes {_article(statistic)}",
                        "divisor": "" if total else divisor,
                        "axes": f"takes {axis} for variables",
                    },
                    partial(_product_of, c, by),
                    terms=n,
                    fixes={
                        "statistic": f"np.{'corrcoef' if total else 'cov'}(x, rowvar={axis == 'rows'})",
                        "divisor": f"np.cov(..., ddof={ddof})" if ddof >= 0 else "do not divide",
                        "axes": f"rowvar={axis == 'rows'}: np.cov takes rows for variables, MATLAB's cov columns",
                    },
                )


def _product_of(c: Array, by: int) -> Array:
    return np.asarray(c.conj().T @ c / by)
