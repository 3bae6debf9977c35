"""Normalisation: eps in the root, outside it or forgotten, sigma for variance, N-1 for N; forward and backward."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from math import prod

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.families.statistics import LARGEST, groups
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, Index, near, some_of, twin_candidates

NAMES = {
    "eps": "eps",
    "root": "sigma for variance",
    "divisor": "N-1 for N",
    "axes": "wrong axis",
    "mean": "mean not subtracted",
    "weight": "weight forgotten",
    "bias": "bias forgotten",
    "weight+bias": "weight and bias",
    "sum": "a factor N",
    "of": "another statistic",
}
WORDS = {"sigma": "sigma", "its square": "the variance"}
ROOTS = {"sigma": "takes the root", "its square": "takes no root"}
EPS = {"1e-5": 1e-5, "1e-3": 1e-3, "1e-8": 1e-8, "1e-6": 1e-6, "1e-12": 1e-12}


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of normalisations of each input that is as large as the answer, and of their gradients."""
    for name, x in q.inputs.items():
        if x.dtype.kind != "f" or not 1 < x.ndim <= 4 or x.size > LARGEST or not q.same_shape:
            continue
        if x.shape == q.expected.shape:
            yield from twin_candidates(q, list(_forward(q, name, x)), NAMES)
            yield from _in_groups(q, name, x)
        if x.shape == q.expected.shape or q.expected.size in x.shape:
            yield from _backward(q, name, x)


def _in_groups(q: Question, name: str, x: Array) -> Iterator[Candidate]:
    """Yield normalisations of groups of an axis, whose number is among the attributes."""
    for label, v in list(q.scalars.items())[:6]:
        for axis, n in enumerate(x.shape):
            if v != int(v) or not 1 < v < n or n % int(v) or x.size > 1 << 17 or x.ndim > 4:
                continue
            shape = (*x.shape[:axis], int(v), n // int(v), *x.shape[axis + 1 :])
            split = replace(
                q,
                expected=q.expected.reshape(shape),
                obtained=q.obtained.reshape(shape),
                inputs={name: x.reshape(shape)},
                axes=(),
                input_axes={},
            )
            for each in twin_candidates(split, list(_forward(split, name, split.inputs[name])), NAMES):
                told = (
                    f"in {label} groups of {q.along(name, axis)}, which makes two axes of it: {each.sentence}"
                )
                yield replace(
                    each, sentence=told, make=lambda each=each: each.make().reshape(q.obtained.shape)
                )


@dataclass(frozen=True)
class _Parts:
    """What a normalisation over some axes is made of: arrays that broadcast to the answer."""

    x: Array
    mean: Array
    weight: Array | float
    bias: Array | float

    def value(self, scale: Array, centred: bool) -> Array:
        """Return the normalisation."""
        x = self.x - self.mean if centred else self.x
        return np.asarray(x / scale * self.weight + self.bias)

    def at(self, where: Index) -> _Parts:
        """Return the same for some elements."""
        return _Parts(*(picked(v, self.x.shape, where) for v in (self.x, self.mean, self.weight, self.bias)))


def picked(v: Array | float, shape: tuple[int, ...], where: Index) -> Array:
    """Return some elements of what broadcasts to a shape."""
    return np.asarray(np.broadcast_to(v, shape)[where])


@dataclass(frozen=True)
class _Scale:
    """What (x - mean) is divided by: what was chosen, the scale, and it in Python."""

    told: dict[str, str]
    value: Array
    code: str

    def fixes(self, axes: tuple[int, ...]) -> dict[str, str]:
        """Return how this is written."""
        divide, ddof = f"divide by {self.code}", int("N-1" in self.told["divisor"])
        axis = axes[0] if len(axes) == 1 else axes
        var = f"np.var(x, axis={axis}, ddof={ddof}, keepdims=True)"
        return {
            "eps": divide,
            "root": divide,
            "divisor": var,
            "axes": f"mean and var with axis={axis}, keepdims=True",
        }


def _scales(q: Question, variance: Array, count: int, of: str = "the variance") -> list[_Scale]:
    """Return the scales that there may be; eps is an attribute, or one of the usual numbers.

    They are of the variance, or of what else stands in its place.
    """
    eps = {n: (n, v) for n, v in q.scalars.items() if 0 < v < 1}
    eps |= {f"eps = {n}": (n, v) for n, v in EPS.items() if v not in q.scalars.values()}
    found = []
    short = {"the variance": "var", "the mean square": "np.mean(x**2)"}.get(of, "np.sum(x**2)")
    sizes = {"divides by N": variance, "divides by N-1": variance * count / (count - 1)}
    for divisor, var in sizes.items() if of == "the variance" else {"": variance}.items():
        sigma = np.sqrt(var)
        made = [
            ("leaves out eps", "sigma", sigma, "np.sqrt(var)"),
            ("leaves out eps", "its square", var, "var"),
        ]
        for told, (n, e) in eps.items():
            made += [
                (f"adds {told} within the root", "sigma", np.sqrt(var + e), f"np.sqrt(var + {n})"),
                (f"adds {told} within the root", "its square", var + e, f"(var + {n})"),
                (f"adds {told} outside the root", "sigma", sigma + e, f"(np.sqrt(var) + {n})"),
                (f"takes at least {told}", "sigma", np.maximum(sigma, e), f"np.maximum(np.sqrt(var), {n})"),
                (
                    f"adds the square of {told} within the root",
                    "sigma",
                    np.sqrt(var + e * e),
                    f"np.sqrt(var + {n}**2)",
                ),
            ]
        found += [
            _Scale(
                {
                    "eps": told,
                    "root": ROOTS[root] if not divisor else f"divides by {WORDS[root]}",
                    "divisor": divisor,
                    "of": f"takes {of}",
                },
                scale,
                code.replace("var", short),
            )
            for told, root, scale, code in made
        ]
    return found


def usual_groups(x: Array) -> list[tuple[int, ...]]:
    """Return all groups of axes of more than one element; of a large array those of the usual normalisations."""
    every = [g for g in groups(x.ndim) if prod(x.shape[a] for a in g) > 1]
    if x.size <= 1 << 17:
        return every
    last = [tuple(range(k, x.ndim)) for k in range(x.ndim)]
    return [g for g in every if len(g) >= x.ndim - 1 or g in last]


def _forward(q: Question, name: str, x: Array) -> Iterator[Formula]:
    """Yield the normalisations that a few elements of either side speak for."""
    wide, where = x.astype(np.float64), some_of(x.shape, 16)
    for axes in usual_groups(x):
        count = prod(x.shape[a] for a in axes)
        mean, scales = (
            wide.mean(axis=axes, keepdims=True),
            _scales(q, wide.var(axis=axes, keepdims=True), count),
        )
        square = (wide * wide).mean(axis=axes, keepdims=True)
        scales += _scales(q, square, count, "the mean square")
        scales += _scales(q, square * count, count, "the sum of squares")
        some = np.array([picked(scale.value, x.shape, where) for scale in scales])
        for affine, w, b in _affine(q, name, x):
            parts = _Parts(wide, mean, w, b)
            told = affine | {"axes": f"takes statistics over {q.along(name, *axes)}"}
            for centred in (True, False):
                fits = near(q, where, parts.at(where).value(some, centred), count)
                for k in np.flatnonzero(fits):
                    yield Formula(
                        f"the normalisation of {name}",
                        told
                        | scales[k].told
                        | {"mean": "subtracts the mean" if centred else "leaves the mean in"},
                        partial(parts.value, scales[k].value, centred),
                        terms=count,
                        fixes=scales[k].fixes(axes),
                    )


def _affine(q: Question, name: str, x: Array) -> list[tuple[dict[str, str], Array | float, Array | float]]:
    """Return the weights and biases that the inputs may be, in shapes that broadcast to x, with what is done."""
    vectors = [
        (f"{n} along {q.axis(axis)}", v.reshape([-1 if k == axis else 1 for k in range(x.ndim)]), axis)
        for n, v in q.inputs.items()
        for axis in range(x.ndim)
        if n != name and v.dtype.kind == "f" and v.size == max(v.shape) == x.shape[axis]
    ]
    pairs: list[tuple[str, Array | float, str, Array | float]] = [("nothing", 1.0, "nothing", 0.0)]
    pairs += [(n, w, "nothing", 0.0) for n, w, _ in vectors]
    pairs += [(n, w, m, b) for n, w, k in vectors for m, b, a in vectors if n != m and a == k]
    pairs += [("nothing", 1.0, m, b) for m, b, _ in vectors]
    return [({"weight": f"multiplies by {n}", "bias": f"adds {m}"}, w, b) for n, w, m, b in pairs[:17]]


def _backward(q: Question, name: str, x: Array) -> Iterator[Candidate]:
    """Yield pairs of gradients, by x or by the weight, with the gradient of the output among the inputs."""
    for other, dy in q.inputs.items():
        if other != name and dy.shape == x.shape and dy.dtype.kind == "f":
            if x.shape == q.expected.shape:
                yield from twin_candidates(q, list(_gradients(q, name, x, dy)), NAMES)
            else:
                yield from twin_candidates(q, list(_of_weight(q, name, x, dy)), NAMES)


def _gradients(q: Question, name: str, x: Array, dy: Array) -> Iterator[Formula]:
    wide, dy, where = x.astype(np.float64), dy.astype(np.float64), some_of(x.shape, 16)
    for axes in usual_groups(x):
        count = prod(x.shape[a] for a in axes)
        if not np.all(np.abs(q.expected.mean(axis=axes)) <= 1e-3 * q.largest):
            continue  # such a gradient sums up to nothing
        centred = wide - wide.mean(axis=axes, keepdims=True)
        scales = _scales(q, (centred * centred).mean(axis=axes, keepdims=True), count)
        some = np.array([picked(scale.value, x.shape, where) for scale in scales])
        over = {"axes": f"takes statistics over {q.along(name, *axes)}"}
        for affine, w, b in _affine(q, name, x):
            if isinstance(b, np.ndarray):
                continue
            g = dy * w
            made = _Gradient(
                g, centred, g.mean(axis=axes, keepdims=True), (g * centred).mean(axis=axes, keepdims=True)
            )
            for k in np.flatnonzero(near(q, where, made.at(where).value(some), 4 * count)):
                yield Formula(
                    f"the gradient of the normalisation of {name}",
                    over | affine | scales[k].told,
                    partial(made.value, scales[k].value),
                    terms=4 * count,
                    fixes=scales[k].fixes(axes),
                )


@dataclass(frozen=True)
class _Gradient:
    """The gradient of the output, x less its mean, and the means of the one and of their product."""

    g: Array
    centred: Array
    level: Array
    slope: Array

    def value(self, scale: Array) -> Array:
        """Return the gradient by x."""
        return np.asarray((self.g - self.level - self.centred * self.slope / (scale * scale)) / scale)

    def at(self, where: Index) -> _Gradient:
        """Return the same for some elements."""
        return _Gradient(
            *(picked(v, self.g.shape, where) for v in (self.g, self.centred, self.level, self.slope))
        )


def _of_weight(q: Question, name: str, x: Array, dy: Array) -> Iterator[Formula]:
    """Yield gradients by the weight, one for each index of an axis: sums of dy times what is normalised."""
    wide = x.astype(np.float64)
    for kept in (k for k, n in enumerate(x.shape) if n == q.expected.size):
        axes = tuple(k for k in range(x.ndim) if k != kept)
        count = x.size // x.shape[kept]
        if count < 2:
            continue
        mean = wide.mean(axis=axes, keepdims=True)
        sums = {
            "subtracts the mean": (dy * (wide - mean)).sum(axis=axes),
            "leaves the mean in": (dy * wide).sum(axis=axes),
        }
        for scale in _scales(q, wide.var(axis=axes), count):
            for (told, total), (of, n) in product(
                sums.items(), (("sums up", 1), (f"averages over {count}", count))
            ):
                yield Formula(
                    f"the gradient by the weight of the normalisation of {name}",
                    scale.told | {"mean": told, "sum": of},
                    lambda t=total, s=scale.value, n=n: t / s / n,
                    terms=4 * count,
                    fixes=scale.fixes(axes),
                )
