"""Normalisation: eps in the root, outside it or forgotten, sigma for variance, N-1 for N; forward and backward."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.families.statistics import LARGEST, groups
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, Index, twin_candidates

NAMES = {
    "eps": "eps",
    "root": "sigma for variance",
    "divisor": "N-1 for N",
    "axes": "wrong axis",
    "mean": "mean not subtracted",
    "weight": "weight forgotten",
    "bias": "bias forgotten",
}
EPS = {"1e-5": 1e-5, "1e-3": 1e-3, "1e-8": 1e-8, "1e-6": 1e-6, "1e-12": 1e-12}


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of normalisations of each input that is as large as the answer, and of their gradients."""
    for name, x in q.inputs.items():
        if (
            x.dtype.kind == "f"
            and x.shape == q.expected.shape
            and 1 < x.ndim <= 4
            and x.size <= LARGEST
            and q.same_shape
        ):
            yield from twin_candidates(q, list(_forward(q, name, x)), NAMES)
            yield from _backward(q, name, x)


def _scales(q: Question, variance: Array, count: int) -> Iterator[tuple[dict[str, str], Array]]:
    """Yield the choices that a scale is made of, and the scale that (x - mean) is divided by."""
    eps = {n: v for n, v in q.scalars.items() if 0 < v < 1} or EPS
    for divisor, var in (("divides by N", variance), ("divides by N-1", variance * count / (count - 1))):
        sigma = np.sqrt(var)
        yield {"eps": "leaves out eps", "root": "divides by sigma", "divisor": divisor}, sigma
        yield {"eps": "leaves out eps", "root": "divides by the variance", "divisor": divisor}, var
        for told, e in eps.items():
            within = f"adds eps {told} within the root"
            yield {"eps": within, "root": "divides by sigma", "divisor": divisor}, np.sqrt(var + e)
            yield {"eps": within, "root": "divides by the variance", "divisor": divisor}, var + e
            outside = f"adds eps {told} outside the root"
            yield {"eps": outside, "root": "divides by sigma", "divisor": divisor}, sigma + e
            largest = f"takes at least eps {told}"
            yield {"eps": largest, "root": "divides by sigma", "divisor": divisor}, np.maximum(sigma, e)
            squared = f"adds the square of eps {told} within the root"
            yield {"eps": squared, "root": "divides by sigma", "divisor": divisor}, np.sqrt(var + e * e)


FIXES = {
    "eps": "np.sqrt(var + eps): look where eps is added",
    "divisor": "look at ddof",
    "root": "look at the root",
}


def usual_groups(x: Array) -> list[tuple[int, ...]]:
    """Return all groups of axes; of a large array those of batch, layer and instance normalisation."""
    every = groups(x.ndim)
    if x.size <= 1 << 17:
        return every
    last = [tuple(range(k, x.ndim)) for k in range(x.ndim)]
    return [g for g in every if len(g) >= x.ndim - 1 or g in last]


def _forward(q: Question, name: str, x: Array) -> Iterator[Formula]:
    wide = x.astype(np.float64)
    for axes in usual_groups(x):
        count = prod(x.shape[a] for a in axes)
        if count < 2:
            continue
        over = {"axes": f"takes statistics over axes {axes}"}
        mean, variance = wide.mean(axis=axes, keepdims=True), wide.var(axis=axes, keepdims=True)
        affine = _affine(q, name, x)
        for w_name, w, b_name, b in affine:
            more = {"weight": f"multiplies by {w_name}", "bias": f"adds {b_name}"}
            for choices, scale in _scales(q, variance, count):
                for centred in (True, False):
                    yield _normalised(wide, mean, scale, w, b, centred, over | more | choices, name)


def _affine(q: Question, name: str, x: Array) -> list[tuple[str, Array | None, str, Array | None]]:
    """Return the weights and biases that the inputs may be, each with its name and in a shape that broadcasts to x."""
    vectors = [
        (f"{n} along axis {axis}", v.reshape([-1 if k == axis else 1 for k in range(x.ndim)]), axis)
        for n, v in q.inputs.items()
        for axis in range(x.ndim)
        if n != name and v.dtype.kind == "f" and v.size == max(v.shape) == x.shape[axis]
    ]
    found: list[tuple[str, Array | None, str, Array | None]] = [("nothing", None, "nothing", None)]
    found += [(n, w, "nothing", None) for n, w, _ in vectors]
    found += [(n, w, m, b) for n, w, k in vectors for m, b, a in vectors if n != m and a == k]
    return found[:13]


def _normalised(
    x: Array,
    mean: Array,
    scale: Array,
    w: Array | None,
    b: Array | None,
    centred: bool,
    choices: dict[str, str],
    name: str,
) -> Formula:
    def at(where: Index) -> Array:
        def of(v: Array) -> Array:
            return np.asarray(np.broadcast_to(v, x.shape)[where])

        y = x[where] - of(mean) if centred else x[where]
        y = y / of(scale)
        y = y if w is None else y * of(w)
        return np.asarray(y if b is None else y + of(b))

    def make() -> Array:
        y = (x - mean if centred else x) / scale
        y = y if w is None else y * w
        return np.asarray(y if b is None else y + b)

    told = choices | {"mean": "subtracts the mean" if centred else "leaves the mean in"}
    return Formula(f"the normalisation of {name}", told, make, at, x.size // mean.size, fixes=FIXES)


def _backward(q: Question, name: str, x: Array) -> Iterator[Candidate]:
    """Yield pairs of gradients: dx of the same shape, with the gradient of the output among the inputs."""
    for other, dy in q.inputs.items():
        if other != name and dy.shape == x.shape and dy.dtype.kind == "f":
            yield from twin_candidates(q, list(_gradients(q, name, x, dy)), NAMES)


def _gradients(q: Question, name: str, x: Array, dy: Array) -> Iterator[Formula]:
    wide, dy = x.astype(np.float64), dy.astype(np.float64)
    for axes in usual_groups(x):
        count = prod(x.shape[a] for a in axes)
        if count < 2:
            continue
        if not np.all(np.abs(q.expected.mean(axis=axes)) <= 1e-3 * q.largest):
            continue  # such a gradient sums up to nothing
        mean = wide.mean(axis=axes, keepdims=True)
        centred = wide - mean
        variance = (centred * centred).mean(axis=axes, keepdims=True)
        for w_name, w, _, bias in _affine(q, name, x):
            if bias is not None:
                continue
            g = dy if w is None else dy * w
            level, slope = g.mean(axis=axes, keepdims=True), (g * centred).mean(axis=axes, keepdims=True)
            for choices, s in _scales(q, variance, count):
                told = choices | {
                    "axes": f"takes statistics over axes {axes}",
                    "weight": f"multiplies by {w_name}",
                }
                yield Formula(
                    f"the gradient of the normalisation of {name}",
                    told,
                    lambda s=s, g=g, c=centred, a=level, b=slope: (g - a - c * b / (s * s)) / s,
                    lambda i, s=s, g=g, c=centred, a=level, b=slope: _gradient_at(i, g, s, c, a, b),
                    count * 4,
                    fixes=FIXES,
                )


def _gradient_at(where: Index, g: Array, s: Array, c: Array, level: Array, slope: Array) -> Array:
    def of(v: Array) -> Array:
        return np.asarray(np.broadcast_to(v, g.shape)[where])

    return np.asarray((g[where] - of(level) - c[where] * of(slope) / of(s) ** 2) / of(s))
