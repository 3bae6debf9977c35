"""Integer arithmetic: MATLAB rounds half away from zero and saturates, NumPy truncates and wraps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import permutations
from typing import Any

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import chosen_bits
from pybn.diagnosis.expressions import Value, expressions
from pybn.diagnosis.families.colours import greys
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, pointwise_candidates, some_of

NAMES = {
    "mode": "integer rounding",
    "range+inner": "integer saturation",
    "range": "integer saturation",
    "inner": "integer saturation",
    "mode+range": "integer rounding",
    "mode+inner": "integer saturation",
}
LARGEST = 1 << 20


def half_away(x: Array) -> Array:
    """Round as MATLAB's round and its integer classes do; shapes and dtype as they are, floats."""
    whole = np.trunc(x)
    return np.asarray(whole + np.where(np.abs(x - whole) >= 0.5, np.sign(x), 0.0))


ROUNDS: dict[str, Callable[[Array], Array]] = {
    "rounds half away from zero": half_away,
    "truncates": np.trunc,
    "rounds half to even": np.round,
    "rounds half up": lambda x: np.floor(x + 0.5),
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
    for each in pointwise_candidates(q, lambda some: _formulas(some, target), NAMES):
        turned = "takes B, G, R" in each.sentence
        yield replace(each, name="flipped axes", fix="look at the order of the channels") if turned else each
    if q.expected.dtype == q.obtained.dtype == target:
        yield from _wrapped(q)


def _formulas(q: Question, target: np.dtype[Any]) -> Iterator[Formula]:
    fits = (("saturates", saturated), ("wraps", wrapped), ("keeps the range", _wide))
    ways = [(mode, rounds, *fit) for mode, rounds in ROUNDS.items() for fit in fits]
    ways.append(("keeps the fraction", _whole, "keeps the range", _wide))
    for about, inner, value in _staged(q, target):
        once = lru_cache(1)(value)
        if not _plausible(q, once(), target):
            continue
        whole = f"with y = {about} in float64: {_code(target)}"
        fix = f"{_code(target)} of each step" if "before" in inner or "between" in inner else whole
        for mode, rounds, bounds, fit in ways:
            yield Formula(
                f"{about} as {target.name}",
                {"mode": mode, "range": bounds, "inner": inner},
                lambda once=once, rounds=rounds, fit=fit: fit(rounds(once()), target),
                fixes=dict.fromkeys(("mode", "range", "inner"), fix),
            )


def _plausible(q: Question, y: Array, target: np.dtype[Any]) -> bool:
    """Tell whether either side is within one of y, of y at the end of the range, or of y modulo the range."""
    shape = q.expected.shape
    if y.size != q.expected.size and not _fits(y.shape, shape):
        return False
    where = some_of(shape, 64)
    some = np.asarray(y.reshape(shape) if y.size == q.expected.size else np.broadcast_to(y, shape))[where]
    some = np.nan_to_num(some, nan=0.0, posinf=2.0**40, neginf=-(2.0**40))
    info, size = np.iinfo(target), 2.0 ** (8 * target.itemsize)
    for side in (q.expected[where].astype(np.float64), q.obtained[where].astype(np.float64)):
        off = np.abs(side - some)
        turned = np.abs(np.mod(side - some + size / 2, size) - size / 2)
        near = np.minimum(np.minimum(off, np.abs(side - np.clip(some, info.min, info.max))), turned)
        if not (near > 1.0).any():
            return True
    return False


def _fits(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    return len(shape) <= len(to) and all(n in (1, m) for n, m in zip(shape[::-1], to[::-1], strict=False))


def _code(target: np.dtype[Any]) -> str:
    """Return how MATLAB's rounding and saturation of y are written."""
    info = np.iinfo(target)
    rounded = "np.floor(y + 0.5)" if info.min == 0 else "np.trunc(y + np.copysign(0.5, y))"
    return f"np.clip({rounded}, {info.min}, {info.max}).astype(np.{target.name})"


def _staged(q: Question, target: np.dtype[Any]) -> Iterator[tuple[str, str, Value]]:
    """Yield expressions, computed in full, and those of two steps with the first one in the integer type."""
    for about, value in expressions(q):
        yield about, "computes in full", value
    for name, x in q.inputs.items():
        for told, make in greys(q, name, x):
            about = f"grey from {name} ({told['weights']} {told['axis']})"
            yield about, told["order"], lambda make=make: make().reshape(q.expected.shape)
    yield from _in_between(q, target)
    whole = [(n, x) for n, x in q.inputs.items() if x.dtype == target][:4]
    for k, (n, x) in enumerate(whole):
        for m, y in whole[k + 1 :]:
            if x.shape == y.shape:
                a, b = x.astype(np.float64), y.astype(np.float64)
                for inner, fit in (("saturates before", saturated), ("wraps before", wrapped)):
                    turned = f"{inner}, the other way round"
                    yield f"({n} + {m}) / 2", inner, lambda a=a, b=b, f=fit: f(a + b, target) / 2.0
                    yield f"abs({n} - {m})", inner, lambda a=a, b=b, f=fit: np.abs(f(a - b, target) * 1.0)
                    yield f"abs({n} - {m})", turned, lambda a=a, b=b, f=fit: np.abs(f(b - a, target) * 1.0)


def _in_between(q: Question, target: np.dtype[Any]) -> Iterator[tuple[str, str, Value]]:
    """Yield a factor and a term, with the product in the integer type, as MATLAB has it, and computed in full."""
    numbers = list(q.scalars.items())[:4]
    for n, x in [(n, x.astype(np.float64)) for n, x in q.inputs.items() if x.dtype == target][:4]:
        for (k, a), (m, b) in permutations(numbers, 2):
            for word, y in ((f"{n} * {k}", x * a), (f"{n} / {k}", x / a if a else x)):
                for sign, c in (("+", b), ("-", -b)):
                    told = f"{word} {sign} {m}"
                    yield told, "computes in full", lambda y=y, c=c: y + c
                    rounded = "rounds and saturates in between"
                    yield told, rounded, lambda y=y, c=c: saturated(half_away(y), target) * 1.0 + c
                    cut = "truncates and wraps in between"
                    yield told, cut, lambda y=y, c=c: wrapped(np.trunc(y), target) * 1.0 + c


def _whole(x: Array) -> Array:
    return x


def _wide(x: Array, _: np.dtype[Any]) -> Array:
    return x


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
        f"compute y in float64, then {_code(q.expected.dtype)}",
        lambda: q.obtained,
        2.0,
        bits=chosen_bits(mask.size, all_of),
    )
