"""What an input has to do with the difference: not added, not multiplied, of the other sign, returned as it was."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import ARITHMETIC, content_bits, value_bits
from pybn.diagnosis.factors import meanings
from pybn.diagnosis.question import Question

ADDED = 64.0  # ULP: the difference of two sums cancels


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield a term or factor that is forgotten, doubled or turned round, for each input that fits the answer."""
    if not q.same_shape or q.expected.dtype.kind not in "fc" or q.expected.size < 2:
        return
    e = q.expected
    for name, x in list(q.inputs.items())[:12]:
        if x.dtype.kind == "b":
            continue
        for along, v in _fitting(x, e):
            fit = f"{name}{along}"
            yield from _terms(q, fit, v.astype(np.result_type(v, e.dtype)))
            for label, a in list(q.scalars.items())[:4]:
                yield from list(_terms(q, f"{label} * {fit}", a * v))[:4]
        if x.size == e.size and [n for n in x.shape if n > 1] == [n for n in e.shape if n > 1]:
            yield from _same_size(q, name, x.reshape(e.shape))
    for name, a in q.scalars.items():
        yield from list(_terms(q, name, np.asarray(a, e.dtype)))[:4]  # as a factor, it is among the constants


def _fitting(x: Array, e: Array) -> Iterator[tuple[str, Array]]:
    """Yield the input in the shapes that broadcast to the answer: a vector along each axis of its length."""
    if x.size == e.size:
        if [n for n in x.shape if n > 1] == [n for n in e.shape if n > 1]:
            yield "", x.reshape(e.shape)
        return
    if x.size == max(x.shape, default=0):
        for axis, n in enumerate(e.shape):
            if n == x.size:
                yield f" along axis {axis}", x.reshape([n if k == axis else 1 for k in range(e.ndim)])
    elif x.ndim <= e.ndim:
        try:
            if np.broadcast_shapes(x.shape, e.shape) == e.shape:
                yield "", x
        except ValueError:
            return


def _terms(q: Question, name: str, v: Array) -> Iterator[Candidate]:
    e = q.expected
    if not np.isfinite(v).all():
        return
    for told, fix, make, cost in (
        (f"expected less {name}: it is not added", f"add {name}", lambda: e - v, 0.0),
        (
            f"expected plus {name}: it is added, and should not be, or not subtracted",
            f"subtract {name}",
            lambda: e + v,
            0.5,
        ),
        (
            f"expected less twice {name}: it is subtracted where it is to be added",
            f"add {name}, not subtract",
            lambda: e - 2 * v,
            2.0,
        ),
        (
            f"expected plus twice {name}: it is added where it is to be subtracted",
            f"subtract {name}, not add",
            lambda: e + 2 * v,
            2.0,
        ),
        (
            f"expected divided by {name}: the factor is forgotten",
            f"multiply by {name}",
            lambda: _quiet_divide(e, v),
            0.0,
        ),
        (
            f"expected times {name}: the factor is there once too often",
            f"divide by {name}",
            lambda: e * v,
            0.5,
        ),
    ):
        yield Candidate("a term or factor", f"obtained is {told}", fix, make, cost, ADDED, "computed")


def _same_size(q: Question, name: str, x: Array) -> Iterator[Candidate]:
    e = q.expected
    both = (
        (e != 0) & (q.obtained != 0) & q.differing
    )  # a mask of zeros on either side makes such steps by chance
    steps = content_bits(q.obtained[both], value_bits(q))
    yield Candidate(
        "nothing done",
        f"obtained is the input {name} itself",
        "return what was computed: is the answer assigned, or the wrong variable returned?",
        lambda: x,
        1.0,
        1.0,
        "computed",
    )
    yield Candidate(
        "a term or factor",
        f"the step from {name} to the answer has the other sign: obtained is 2 {name} - expected",
        f"turn the sign of what is added to {name}",
        lambda: 2 * x - e,
        0.0,
        ADDED,
        bits=steps,
    )
    for factor, told in _step_factors(q, x):
        yield Candidate(
            "a factor of the step",
            f"the step from {name} to the answer is that of expected {told}",
            "look at the rate, and whether it is a mean or a sum",
            lambda factor=factor: x + factor * (e - x),
            1.0,
            ADDED,
            bits=steps,
        )


def _step_factors(q: Question, x: Array) -> Iterator[tuple[float, str]]:
    """Yield what the step (answer - input) is multiplied by, where that is a number with a meaning."""
    with np.errstate(all="ignore"):
        step = (q.expected - x).reshape(-1)
        other = (q.obtained - x).reshape(-1)
        where = int(np.nan_to_num(np.abs(step), nan=-1.0, posinf=-1.0).argmax())
        factor = other[where] / step[where]
    if np.iscomplexobj(factor) or not np.isfinite(factor) or abs(factor - 1) < 1e-6 or factor <= 0:
        return
    for each in meanings(q):
        off = abs(each.value - factor)
        if off <= 1e-6 * each.value and off * abs(step[where]) <= ARITHMETIC * 4 * q.step:
            yield each.value, each.words


def _quiet_divide(a: Array, b: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(a / b)
