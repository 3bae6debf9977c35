"""Random answers that differ for no reason that has a name: whatever is said of them is false."""

# ruff: noqa: ARG005

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Draw = np.random.Generator
PLAIN = ("ramp", "one-hot")  # too simple for a change among their like to be none that has a name
SHAPES = [
    (1,),
    (2,),
    (3,),
    (5,),
    (8,),
    (40,),
    (2, 2),
    (2, 3),
    (3, 3),
    (4, 4),
    (1, 6),
    (6, 1),
    (5, 7),
    (8, 8),
    (16, 16),
]
SHAPES += [(2, 2, 2), (3, 3, 3), (2, 3, 4), (4, 4, 4, 2), (5, 4, 3, 2), ()]


@dataclass(frozen=True)
class Mismatch:
    """Two answers, and what they were made from."""

    kind: str
    expected: Array
    obtained: Array
    change: str
    inputs: Mapping[str, Array] = field(default_factory=dict)
    attrs: Mapping[str, Any] = field(default_factory=dict)


def mismatch(seed: int) -> Mismatch:
    """Make the mismatch of a seed."""
    draw = np.random.default_rng(seed)
    shape = SHAPES[draw.integers(len(SHAPES))]
    values = list(VALUES)[draw.integers(len(VALUES))]
    x = VALUES[values](draw, shape)
    changes = list(CHANGES)
    change = changes[draw.integers(len(changes))]
    for _ in range(99):
        y = np.asarray(CHANGES[change](draw, x, "normal" if values in PLAIN else values))
        if not any(
            x.size == y.size and same(z, y)
            for z in (x, x.T, np.flip(x, 0) if x.ndim else x, -x if x.dtype.kind in "ifc" else x)
        ):
            break  # something has changed
    inputs = {}
    of = VALUES["normal" if values in PLAIN else values]
    if draw.random() < 0.7:
        inputs["x"] = of(draw, (7, *shape) if draw.random() < 0.5 else shape)
    if draw.random() < 0.5:
        inputs["w"] = of(draw, shape[-1:] or (3,))
    attrs = {"eps": 1e-5, "momentum": 0.9, "k": 3} if draw.random() < 0.5 else {}
    return Mismatch(f"{values}, {change}, {shape}", x, y, change, inputs, attrs)


def same(x: Array, y: Array) -> bool:
    """Tell whether two arrays have the same elements, in order, NaN as good as NaN; shape and dtype aside."""
    a, b = x.reshape(-1), y.reshape(-1)
    return bool(np.all((a == b) | ((a != a) & (b != b))))


VALUES: dict[str, Callable[[Draw, tuple[int, ...]], Array]] = {
    "normal": lambda d, s: d.standard_normal(s),
    "single": lambda d, s: d.standard_normal(s).astype(np.float32),
    "uniform": lambda d, s: d.random(s),
    "complex": lambda d, s: d.standard_normal(s) + 1j * d.standard_normal(s),
    "wide": lambda d, s: np.exp(8 * d.standard_normal(s)),
    "small integers": lambda d, s: d.integers(0, 3, s).astype(np.float64),
    "digits": lambda d, s: d.integers(0, 10, s).astype(np.float64),
    "signed digits": lambda d, s: d.integers(-4, 5, s),
    "uint8": lambda d, s: d.integers(0, 256, s).astype(np.uint8),
    "int16": lambda d, s: d.integers(-999, 1000, s).astype(np.int16),
    "bool": lambda d, s: d.random(s) < 0.5,
    "rare": lambda d, s: d.standard_normal(s) * (d.random(s) < 0.15),
    "one-hot": lambda d, s: (d.permutation(int(np.prod(s))) == 0).reshape(s).astype(np.float64),
    "constant": lambda d, s: np.full(s, d.integers(0, 4) * 0.5),
    "ramp": lambda d, s: np.arange(float(np.prod(s))).reshape(s) + d.integers(0, 3),
    "tenths": lambda d, s: np.round(d.random(s), 1),
    "symmetric": lambda d, s: _symmetric(d.standard_normal(s)),
    "holes": lambda d, s: np.where(d.random(s) < 0.2, np.nan, d.standard_normal(s)),
    "infinite": lambda d, s: np.where(d.random(s) < 0.1, np.inf, d.standard_normal(s)),
}


def _symmetric(x: Array) -> Array:
    return x + x.T if x.ndim == 2 and x.shape[0] == x.shape[1] else x


def _unrelated(d: Draw, x: Array, values: str) -> Array:
    return VALUES[values](d, x.shape)


def _noisy(size: float) -> Callable[[Draw, Array, str], Array]:
    def noisy(d: Draw, x: Array, values: str) -> Array:
        if x.dtype.kind in "biu":
            return np.where(d.random(x.shape) < 0.4, VALUES[values](d, x.shape), x).astype(x.dtype)
        scale = np.nan_to_num(np.abs(x), nan=0, posinf=0)
        noise = d.standard_normal(x.shape) * (scale + scale.max(initial=0))
        return (x + size * noise).astype(x.dtype)

    return noisy


def _one_wrong(d: Draw, x: Array, values: str) -> Array:
    y = x.copy().reshape(-1)
    if y.size:
        y[d.integers(y.size)] = VALUES[values](d, (1,))[0]
    return y.reshape(x.shape)


def _moved_and(change: Callable[[Draw, Array, str], Array]) -> Callable[[Draw, Array, str], Array]:
    def moved(d: Draw, x: Array, values: str) -> Array:
        y = change(d, x, values)
        return np.flip(y, 0).copy() if y.ndim == 1 else y.T.copy() if y.ndim else y

    return moved


def _row_wrong(d: Draw, x: Array, values: str) -> Array:
    y = x.copy()
    if y.ndim and y.shape[0]:
        y[d.integers(y.shape[0])] = VALUES[values](d, x.shape)[0]
    return y


def _shuffled(d: Draw, x: Array, values: str) -> Array:
    return d.permutation(x.reshape(-1)).reshape(x.shape)


def _of(f: Callable[[Array], Array]) -> Callable[[Draw, Array, str], Array]:
    def applied(d: Draw, x: Array, values: str) -> Array:
        y = x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)
        with np.errstate(all="ignore"):
            z = f(y)
        return np.nan_to_num(z).astype(x.dtype) if x.dtype.kind in "biu" else z.astype(x.dtype)

    return applied


CHANGES: dict[str, Callable[[Draw, Array, str], Array]] = {
    "unrelated": _unrelated,
    "unrelated, of another shape": lambda d, x, v: VALUES[v](d, x.shape[::-1]),
    "unrelated, of any shape": lambda d, x, v: VALUES[v](d, SHAPES[d.integers(len(SHAPES))]),
    "noise 1e-12": _noisy(1e-12),
    "noise 1e-7": _noisy(1e-7),
    "noise 1e-3": _noisy(1e-3),
    "noise 1": _noisy(1.0),
    "one wrong": _one_wrong,
    "transposed, one wrong": _moved_and(_one_wrong),
    "transposed, noise 1e-6": _moved_and(_noisy(1e-6)),
    "a row wrong": _row_wrong,
    "shuffled": _shuffled,
    "times 1.37": _of(lambda x: x * 1.37),
    "plus 0.731": _of(lambda x: x + 0.731),
    "times 1.37 plus 0.2": _of(lambda x: x * 1.37 + 0.2),
    "a parabola of": _of(lambda x: x + 0.3 * x * x),
    "power 1.3": _of(lambda x: np.sign(x) * np.abs(x) ** 1.3),
    "sine of": _of(np.sin),
    "clipped": _of(
        lambda x: np.clip(x.real, -0.5, 0.5) + 1j * x.imag if x.dtype.kind == "c" else np.clip(x, -0.5, 0.5)
    ),
    "times its index": lambda d, x, v: _of(lambda y: y * (1 + 0.01 * np.arange(y.size).reshape(y.shape)))(
        d, x, v
    ),
    "factors per row": lambda d, x, v: (
        _of(lambda y: y * d.uniform(0.5, 2, y.shape[:1] + (1,) * (y.ndim - 1)))(d, x, v)
        if x.ndim
        else _unrelated(d, x, v)
    ),
    "random signs": lambda d, x, v: _of(lambda y: y * np.where(d.random(y.shape) < 0.5, -1, 1))(d, x, v),
    "sorted and noise": lambda d, x, v: _noisy(1e-2)(d, np.sort(x, None).reshape(x.shape), v),
    "some at zero": lambda d, x, v: np.where(d.random(x.shape) < 0.7, x, 0).astype(x.dtype),
    "some NaN": lambda d, x, v: (
        np.where(d.random(x.shape) < 0.3, np.nan, x) if x.dtype.kind in "fc" else _unrelated(d, x, v)
    ),
}
