"""Integer arithmetic: MATLAB rounds half away from zero and saturates, NumPy truncates and wraps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import chosen_bits
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, twin_candidates

NAMES = {
    "mode": "integer rounding",
    "range": "integer saturation",
    "inner": "integer saturation",
    "mode+range": "integer rounding",
    "mode+inner": "integer saturation",
}
LARGEST = 1 << 20
FIX = "compute in float64, then np.clip(np.sign(y) * np.floor(np.abs(y) + 0.5), info.min, info.max).astype(dtype)"


def half_away(x: Array) -> Array:
    """Round as MATLAB's round and its integer classes do; shapes and dtype as they are, floats."""
    whole = np.trunc(x)
    return np.asarray(whole + np.where(np.abs(x - whole) >= 0.5, np.sign(x), 0.0))


ROUNDS: dict[str, Callable[[Array], Array]] = {
    "rounds half away from zero": half_away,
    "truncates": np.trunc,
    "rounds half to even": np.round,
    "rounds down": np.floor,
    "rounds up": np.ceil,
}


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield roundings and overflows of an expression in the inputs; where none is found, overflow alone."""
    for x in (q.expected, q.obtained):
        if x.dtype.kind not in "iuf" or x.size > LARGEST:
            return
    kinds = [
        x.dtype
        for x in (q.expected, q.obtained, *q.inputs.values())
        if x.dtype.kind in "iu" and x.dtype.itemsize <= 4
    ]
    if not kinds or not q.same_shape:
        return
    target = q.expected.dtype if q.expected.dtype.kind in "iu" else kinds[0]
    if target.itemsize > 4:
        return
    yield from twin_candidates(q, list(_formulas(q, target)), NAMES)
    if q.expected.dtype == q.obtained.dtype == target:
        yield from _wrapped(q)


def _formulas(q: Question, target: np.dtype[Any]) -> Iterator[Formula]:
    for about, inner, value in _staged(q, target):
        if value.shape != q.expected.shape:
            continue
        for mode, rounds in ROUNDS.items():
            for bounds, fit in (("saturates", saturated), ("wraps", wrapped)):
                yield Formula(
                    f"{about} as {target.name}",
                    {"mode": mode, "range": bounds, "inner": inner},
                    lambda value=value, rounds=rounds, fit=fit: fit(rounds(value), target),
                    fixes={"mode": FIX, "range": FIX, "inner": FIX},
                )


def _staged(q: Question, target: np.dtype[Any]) -> Iterator[tuple[str, str, Array]]:
    """Yield expressions, computed in full, and those of two steps with the first one in the integer type."""
    for about, value in _expressions(q):
        yield about, "computes in full", value
    whole = [(n, x.astype(np.float64)) for n, x in q.inputs.items() if x.dtype == target][:4]
    for k, (n, a) in enumerate(whole):
        for m, b in whole[k + 1 :]:
            if a.shape == b.shape:
                for inner, fit in (("saturates before", saturated), ("wraps before", wrapped)):
                    yield f"({n} + {m}) / 2", inner, fit(a + b, target) / 2.0
                    yield f"abs({n} - {m})", inner, np.abs(fit(a - b, target).astype(np.float64))
                    turned = np.abs(fit(b - a, target).astype(np.float64))
                    yield f"abs({n} - {m})", f"{inner}, the other way round", turned


def saturated(x: Array, target: np.dtype[Any]) -> Array:
    """Return whole numbers in an integer type, the nearest one where they are beyond it; NaN is 0."""
    info = np.iinfo(target)
    y = np.nan_to_num(x, nan=0.0, posinf=2.0**40, neginf=-(2.0**40))
    return np.asarray(np.clip(y, info.min, info.max).astype(target))


def wrapped(x: Array, target: np.dtype[Any]) -> Array:
    """Return whole numbers modulo the range of an integer type."""
    size = 2.0 ** (8 * target.itemsize)
    low = float(np.iinfo(target).min)
    return np.asarray(np.mod(np.nan_to_num(x, nan=0.0, posinf=0.0, neginf=0.0) - low, size) + low).astype(
        target
    )


def _expressions(q: Question) -> Iterator[tuple[str, Array]]:
    """Yield what may have been rounded: an input, two of them combined, or one and a number."""
    arrays = {n: x.astype(np.float64) for n, x in q.inputs.items() if x.dtype.kind in "biuf"}
    for n, x in arrays.items():
        yield n, x
        yield from (
            (f"-{n}", -x),
            (f"abs({n})", np.abs(x)),
            (f"{n}^2", x * x),
            (f"sqrt({n})", np.sqrt(x)),
        )
        for c in (2.0, 3.0, 4.0, 8.0, 10.0, 100.0, 128.0, 255.0, 256.0, *q.scalars.values()):
            label = next((k for k, v in q.scalars.items() if v == c), f"{c:g}")
            pairs = (
                (f"{n} * {label}", x * c),
                (f"{n} / {label}", x / c),
                (f"{n} + {label}", x + c),
                (f"{n} - {label}", x - c),
            )
            yield from (*pairs, (f"{label} - {n}", c - x))
        for axis in range(min(x.ndim, 4)):
            yield f"the mean of {n} over axis {axis}", x.mean(axis=axis)
            yield f"the sum of {n} over axis {axis}", x.sum(axis=axis)
    names = list(arrays)[:6]
    for k, n in enumerate(names):
        for m in names[k + 1 :]:
            yield from _combined(n, m, arrays[n], arrays[m], q)


def _combined(n: str, m: str, a: Array, b: Array, q: Question) -> Iterator[tuple[str, Array]]:
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return
    yield f"{n} + {m}", a + b
    yield f"{n} - {m}", a - b
    yield f"{m} - {n}", b - a
    yield f"abs({n} - {m})", np.abs(a - b)
    yield f"{n} * {m}", a * b
    yield f"{n} / {m}", a / b
    yield f"{m} / {n}", b / a
    yield f"({n} + {m}) / 2", (a + b) / 2
    for label, c in q.scalars.items():
        yield f"{label} * {n} + (1 - {label}) * {m}", c * a + (1 - c) * b
        yield f"(1 - {label}) * {n} + {label} * {m}", (1 - c) * a + c * b
        yield f"{n} + {label} * {m}", a + c * b
        yield f"{n} - {label} * {m}", a - c * b


def _wrapped(q: Question) -> Iterator[Candidate]:
    """Yield overflow where the expression is not known: the sides part where expected is at an end, and only there."""
    info = np.iinfo(q.expected.dtype)
    mask = q.differing
    ends = (q.expected == info.max) | ((q.expected == info.min) & (info.min < 0)) | (q.expected == 0)
    values = np.unique(q.obtained[mask]).size
    some = int(mask.sum())
    under = mask & (q.expected == 0)
    if bool(np.any(q.obtained[under] <= info.max // 2)) and info.min == 0:
        return
    if not some or not bool(np.all(ends[mask])) or values < min(8, some) or values < 5:
        return
    all_of = int(ends.sum())
    if some < 0.8 * all_of or all_of > 0.7 * mask.size:
        return
    yield Candidate(
        "integer saturation",
        f"the sides part only where expected is at the end of {q.expected.dtype}: "
        "the port wraps round, where MATLAB saturates",
        FIX,
        lambda: q.obtained,
        2.0,
        bits=chosen_bits(mask.size, all_of),
    )
