"""The right values but for a constant: a factor, a sign, an index base, degrees, a conjugate, a complement."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.arrays import reals, sampled, top
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import ARITHMETIC, allowed, chosen_bits
from pybn.diagnosis.factors import meanings
from pybn.diagnosis.families.order import whole
from pybn.diagnosis.question import Question

MANY = 3  # distinct values that it takes for a constant that nothing in the case speaks for


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield what a constant, or no more than the values themselves, makes of expected."""
    if not q.same_shape or not q.expected.size:
        return
    yield from _plain(q)
    yield from _index_base(q)
    yield from _masks(q)
    yield from _offsets(q)
    yield from _functions(q)
    yield from factor_candidates(q)


def _plain(q: Question) -> Iterator[Candidate]:
    x = q.expected
    if x.dtype.kind in "ifc":
        yield Candidate(
            "sign",
            "obtained is expected with the other sign",
            "negate the port's answer: a minus is lost, or a difference is taken the other way round",
            lambda: -x,
            -1.5,
            slack=ARITHMETIC,
            kind="computed",
        )
    if x.dtype.kind == "c":
        yield from _complex(x)
    if x.dtype.kind == "b":
        yield Candidate(
            "inverted",
            "obtained is not(expected): the condition is the other way round",
            "negate the mask: ~mask",
            lambda: ~x,
            kind="computed",
        )
    if x.dtype.kind in "iuf":
        yield from _magnitude(x)


def _complex(x: Array) -> Iterator[Candidate]:
    yield Candidate(
        "conjugate",
        "obtained is the complex conjugate of expected: MATLAB's ' conjugates, .' and NumPy's .T do not",
        "np.conj(answer), or .conj().T where MATLAB has '",
        lambda: np.conj(x),
        -1.5,
        slack=ARITHMETIC,
        kind="computed",
    )
    yield Candidate(
        "real part",
        "obtained is the real part of expected: the imaginary part is dropped",
        "keep the array complex: assigning into a real array drops the imaginary part",
        lambda: x.real + 0 * x.imag,
        slack=ARITHMETIC,
        kind="computed",
    )


def _magnitude(x: Array) -> Iterator[Candidate]:
    yield Candidate(
        "complement",
        "obtained is 1 - expected",
        "return 1 - answer: the probability or weight of the opposite",
        lambda: (1 - x).astype(x.dtype),
        0.5,
        slack=ARITHMETIC,
        kind="computed",
    )
    yield Candidate(
        "absolute value",
        "obtained is abs(expected): the sign is dropped",
        "leave out abs, or the square and root that amount to it",
        lambda: np.abs(x),
        2.0,
        slack=ARITHMETIC,
        kind="computed",
    )


FUNCTIONS: tuple[tuple[str, str, Callable[[Array], Array]], ...] = (
    (
        "the square of expected: a variance for sigma, a power for a magnitude?",
        "take the root, or do not square",
        np.square,
    ),
    (
        "the root of expected: sigma for a variance, a magnitude for a power?",
        "do not take the root, or square",
        np.sqrt,
    ),
    ("the reciprocal of expected", "divide the other way round", np.reciprocal),
    ("the exponential of expected", "take the logarithm, or leave out np.exp", np.exp),
    ("the logarithm of expected", "leave out np.log, or take np.exp", np.log),
    ("10 log10 of expected", "leave out the decibels", lambda v: 10 * np.log10(v)),
    ("20 log10 of expected", "leave out the decibels", lambda v: 20 * np.log10(v)),
    ("expected rounded down: whole numbers", "keep the fraction: / for //, no cast to int", np.floor),
    ("expected with its fraction cut off: whole numbers", "keep the fraction: no cast to int", np.trunc),
    ("expected rounded to whole numbers", "keep the fraction: no rounding", np.round),
)


def _functions(q: Question) -> Iterator[Candidate]:
    """Yield a function that is applied once too often, or not at all: a root, a logarithm, a reciprocal."""
    x = q.expected
    if x.dtype.kind != "f":
        return
    for told, fix, make in FUNCTIONS:
        yield Candidate(
            "rounding" if "whole" in told else "a function more or less",
            f"obtained is {told}",
            fix,
            partial(make, x),
            1.5,
            ARITHMETIC,
            "computed",
        )
    yield from _rectified(q, x)


def _rectified(q: Question, x: Array) -> Iterator[Candidate]:
    """Yield a rectifier that is one too many, or left out."""
    below = x < 0
    yield Candidate(
        "a function more or less",
        "obtained is expected with 0 for what is negative",
        "leave out np.maximum(y, 0)",
        lambda: np.where(below, 0, x),
        0.0,
        bits=chosen_bits(int((x != 0).sum()), int(below.sum())),
    )
    negative = q.obtained < 0
    if bool(np.all(x[negative] == 0)):
        yield Candidate(
            "a function more or less",
            "expected is obtained with 0 for what is negative: the rectifier is left out",
            "return np.maximum(y, 0)",
            lambda: np.where(negative, q.obtained, x),
            0.0,
            bits=chosen_bits(int((q.obtained != 0).sum()), int(negative.sum())),
        )


def _index_base(q: Question) -> Iterator[Candidate]:
    """Yield indices that count from the other base: whole numbers that all differ by one; or from the other end."""
    found, other = whole(q.expected), whole(q.obtained)
    if found is None or other is None or found.min() < 0 or other.min() < -1:
        return
    made = (
        (
            found - 1,
            "obtained counts from 0 where MATLAB counts from 1: all elements are less by one",
            "add 1 to the indices that the port returns",
            -2.0,
        ),
        (
            np.where(found > 0, found - 1, found),
            "obtained counts from 0 where MATLAB counts from 1: all elements but the zeros are less by one",
            "add 1 to the indices that the port returns, 0 stays what is not there",
            1.0,
        ),
        (
            found + 1,
            "all elements of obtained are more by one than expected: 1 is added twice, or to what is no index",
            "do not add 1, or subtract it",
            0.0,
        ),
        (
            found.max() + found.min() - found,
            f"obtained is {found.max() + found.min()} - expected: it counts from the other end",
            "count from the other end, or sort in the other direction",
            2.0,
        ),
    )
    for k, (y, words, fix, cost) in enumerate(made):
        if k < 3 or found.max() > found.min():
            name = "index base" if k < 3 else "counted backwards"
            yield Candidate(name, words, fix, lambda y=y: y, cost, kind="computed")


def _masks(q: Question) -> Iterator[Candidate]:
    """Yield a mask of 0 and 1 for one of 0 and 255, and the reverse."""
    if q.expected.dtype.kind not in "biuf" or q.obtained.dtype.kind not in "biuf":
        return
    e, o = (np.unique(sampled(x)).astype(np.float64).tolist() for x in (q.expected, q.obtained))
    if (e, o) in (([0, 255], [0, 1]), ([0, 1], [0, 255])):
        yield Candidate(
            "a factor",
            f"obtained is a mask of 0 and {o[1]:g}, expected of 0 and {e[1]:g}",
            "multiply by 255" if e[1] == 255 else "do not multiply by 255",
            lambda: (q.expected.astype(np.float64) * (o[1] / e[1])).astype(q.obtained.dtype),
            bits=chosen_bits(q.expected.size, int((q.expected != 0).sum())),
        )


# What is added or subtracted once too often: the zeros of dates, a pixel's middle, the first index.
OFFSETS = {
    1.0: ("1: counted from 0 for 1, or the reverse", "index base"),
    0.5: ("0.5: the middle of a pixel or an interval for its edge, or the reverse", "half a step"),
    366.0: ("366: days since year 1 as Python counts for days since year 0 as datenum does", "another zero"),
    719529.0: ("719529: days since 1970 for datenum's days since year 0, or the reverse", "another zero"),
    719163.0: ("719163: Python's days since year 1 for days since 1970, or the reverse", "another zero"),
    693960.0: (
        "693960: Excel's days since 1900 for datenum's days since year 0, or the reverse",
        "another zero",
    ),
    25569.0: ("25569: Excel's days since 1900 for days since 1970, or the reverse", "another zero"),
    273.15: ("273.15: kelvin for degrees Celsius, or the reverse", "another zero"),
}


def _offsets(q: Question) -> Iterator[Candidate]:
    """Yield what is the same but for a number with a meaning that is added."""
    x = q.expected
    if x.dtype.kind != "f" or q.obtained.dtype.kind != "f" or np.unique(sampled(x)).size < MANY:
        return
    for value, (words, name) in OFFSETS.items():
        for scale, unit in ((1.0, ""), (86400.0, " (in seconds)"), (24.0, " (in hours)")):
            if scale > 1 and value < 300:
                continue
            for sign, told in ((1.0, "plus"), (-1.0, "less")):
                yield Candidate(
                    name,
                    f"obtained is expected {told} {words}{unit}",
                    f"{'subtract' if sign > 0 else 'add'} {value * scale:.10g}",
                    lambda by=sign * value * scale: x + by,
                    2.0,
                    ARITHMETIC,
                    "computed",
                )


def factor_candidates(q: Question, x: Array | None = None) -> Iterator[Candidate]:
    """Yield the one factor that the largest element tells, where it is a number with a meaning."""
    x = q.expected if x is None else x
    factor = _ratio(x, q)
    if factor is None:
        return
    near = max(2 * ARITHMETIC * q.step, allowed(q, 0.0)) / (min(1.0, abs(factor)) * (top(x) or 1.0))
    values = np.unique(sampled(reals(q.obtained[q.differing]))).size
    for each in meanings(q):
        enough = values >= MANY or (
            each.name != "a factor" and (values > 1 or "along axes" not in each.words)
        )
        if abs(abs(factor) - each.value) <= near * each.value and near < 1e-4 and enough:
            sign = "" if factor > 0 else ", and of the other sign"
            yield Candidate(
                each.name,
                f"obtained is expected {each.words}{sign}",
                each.fix,
                partial(np.multiply, x, x.dtype.type(math.copysign(each.value, factor))),
                each.price,
                ARITHMETIC,
                "computed",
            )


def _ratio(x: Array, q: Question) -> float | None:
    """Return obtained / expected where expected is largest; None where there is no such number."""
    if x.dtype.kind not in "fc" or q.obtained.dtype.kind not in "fc":
        return None
    a, b = reals(x).reshape(-1), reals(q.obtained).reshape(-1)
    if a.size != b.size:
        return None
    where = int(np.where(np.isfinite(a) & np.isfinite(b), np.abs(a), -1.0).argmax())
    with np.errstate(all="ignore"):
        ratio = float(b[where] / a[where])
    return ratio if math.isfinite(ratio) and ratio != 0 and abs(abs(ratio) - 1) > 1e-9 else None
