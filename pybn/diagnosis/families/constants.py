"""The right values but for a constant: a factor, a sign, an index base, degrees, a conjugate, a complement."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.arrays import reals, sampled, top
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import ARITHMETIC, allowed, chosen_bits
from pybn.diagnosis.families.order import whole
from pybn.diagnosis.question import Question

MANY = 3  # distinct values that it takes for a constant that nothing in the case speaks for

WELL_KNOWN = {
    2.0: "2",
    4.0: "4",
    10.0: "10",
    100.0: "100",
    1000.0: "1000",
    360.0: "360",
    256 / 255: "(256 / 255), of a range of 8 bits",
    32768 / 32767: "(32768 / 32767), of a range of 16 bits",
    255.0: "255, the range of uint8",
    256.0: "256",
    math.pi: "pi",
    2 * math.pi: "2 pi",
    math.log(2): "log(2), natural logarithm and log2",
    math.log(10): "log(10), natural logarithm and log10",
    math.log2(10): "log2(10), log2 and log10",
    math.sqrt(2): "sqrt(2)",
    math.sqrt(math.pi): "sqrt(pi)",
    math.sqrt(2 * math.pi): "sqrt(2 pi)",
    1.4826022185056018: "1.4826, of a median absolute deviation",
}


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield what a constant, or no more than the values themselves, makes of expected."""
    if not q.same_shape or not q.expected.size:
        return
    yield from _plain(q)
    yield from _index_base(q)
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


def _functions(q: Question) -> Iterator[Candidate]:
    """Yield a function that is applied once too often, or not at all: a root, a logarithm, a reciprocal."""
    x = q.expected
    if x.dtype.kind != "f":
        return
    for told, fix, make in (
        ("the square of expected", "take the root, or do not square", np.square),
        ("the root of expected", "do not take the root, or square", np.sqrt),
        ("the reciprocal of expected", "divide the other way round", np.reciprocal),
        ("the exponential of expected", "take the logarithm, or leave out np.exp", np.exp),
        ("the logarithm of expected", "leave out np.log, or take np.exp", np.log),
        ("10 log10 of expected", "leave out the decibels", lambda v: 10 * np.log10(v)),
        ("20 log10 of expected", "leave out the decibels", lambda v: 20 * np.log10(v)),
    ):
        yield Candidate(
            "a function more or less",
            f"obtained is {told}",
            fix,
            partial(make, x),
            1.5,
            ARITHMETIC,
            "computed",
        )
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
    """Yield indices that count from the other base: whole numbers that all differ by one."""
    found, other = whole(q.expected), whole(q.obtained)
    if found is None or other is None or min(found.min(), other.min()) < 0:
        return
    for by, words, fix in (
        (
            -1,
            "obtained counts from 0 where MATLAB counts from 1",
            "add 1 to the indices that the port returns",
        ),
        (
            1,
            "obtained counts one further than expected: 1 is added twice, or to what is no index",
            "subtract 1",
        ),
    ):
        yield Candidate(
            "index base",
            f"{words}: all elements are {'less' if by < 0 else 'more'} by one",
            fix,
            lambda by=by: found + by,
            -2.0 if by < 0 else 0.0,
            kind="computed",
        )


def factor_candidates(q: Question, x: Array | None = None) -> Iterator[Candidate]:
    """Yield the one factor that the largest element tells, where it is a number with a meaning."""
    x = q.expected if x is None else x
    factor = _ratio(x, q)
    if factor is None:
        return
    near = max(2 * ARITHMETIC * q.step, allowed(q, 0.0)) / (min(1.0, abs(factor)) * (top(x) or 1.0))
    values = np.unique(sampled(reals(q.obtained[q.differing]))).size
    for name, value, told, fix, price in meanings(q):
        enough = values >= MANY or (name != "a factor" and (values > 1 or "along axes" not in told))
        if abs(abs(factor) - value) <= near * value and near < 1e-4 and enough:
            sign = "" if factor > 0 else ", and of the other sign"
            yield Candidate(
                name,
                f"obtained is expected times {told}{sign}",
                fix,
                partial(np.multiply, x, x.dtype.type(math.copysign(value, factor))),
                price,
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


def meanings(q: Question) -> Iterator[tuple[str, float, str, str, float]]:
    """Yield factors that mean something: name, value, words, fix, and what it costs."""
    for n, told in q.sizes.items():
        for value, words, ddof in (
            (
                n / (n - 1),
                f"{n} / {n - 1}",
                "N-1 is divided by where N is meant: ddof=0 in NumPy, 1 as MATLAB's flag",
            ),
            ((n - 1) / n, f"{n - 1} / {n}", "N is divided by where N-1 is meant: ddof=1"),
        ):
            yield "N-1 for N", value, f"{words}, where {n} is {told}", ddof, 0.25
            root = math.sqrt(value)
            yield "N-1 for N", root, f"sqrt({words}), where {n} is {told}", ddof, 0.5
    for n, told in q.sizes.items():
        yield "a factor N", float(n), f"{n}, {told}", f"divide by {n}: a sum in place of a mean", 0.0
        yield "a factor N", 1 / n, f"1 / {n}, {told}", f"do not divide by {n}: a mean in place of a sum", 0.0
        yield "a factor N", math.sqrt(n), f"sqrt({n}), {told}", f"divide by sqrt({n})", 2.0
        yield "a factor N", 1 / math.sqrt(n), f"1 / sqrt({n}), {told}", f"multiply by sqrt({n})", 2.0
    for name, a in q.scalars.items():
        yield from _of_attribute(name, a)
    for value, fix in ((math.pi / 180, "np.deg2rad"), (180 / math.pi, "np.rad2deg")):
        words = "radians for degrees" if value < 1 else "degrees for radians"
        other = "np.rad2deg" if value < 1 else "np.deg2rad"
        told = f"{'pi / 180' if value < 1 else '180 / pi'}: {words}"
        yield "degrees", value, told, f"{other}(answer), or leave out {fix}", 0.0
    for value, told in WELL_KNOWN.items():
        price = 1.0 if value == 2 else 2.5
        yield "a factor", value, told, f"divide by {told.split(',')[0]}", price
        yield "a factor", 1 / value, f"1 / {told}", f"multiply by {told.split(',')[0]}", price


def _of_attribute(name: str, a: float) -> Iterator[tuple[str, float, str, str, float]]:
    """Yield what an attribute may be in a factor."""
    if not math.isfinite(a) or abs(a) < 1e-12 or abs(a) > 1e12:
        return
    size = abs(a)
    forms = [(size, name, f"divide by {name}"), (1 / size, f"1 / {name}", f"multiply by {name}")]
    forms += [
        (size * size, f"{name}^2", f"divide by {name}**2"),
        (1 / size**2, f"1 / {name}^2", f"multiply by {name}**2"),
    ]
    forms += [(math.sqrt(size), f"sqrt({name})", f"divide by sqrt({name})")]
    forms += [(1 / math.sqrt(size), f"1 / sqrt({name})", f"multiply by sqrt({name})")]
    if 0 < a < 1:
        forms += [
            (1 - a, f"1 - {name}", f"divide by (1 - {name})"),
            (1 / (1 - a), f"1 / (1 - {name})", f"multiply by (1 - {name})"),
        ]
        forms += [(a / (1 - a), f"{name} / (1 - {name})", f"swap {name} and 1 - {name}")]
        forms += [((1 - a) / a, f"(1 - {name}) / {name}", f"swap {name} and 1 - {name}")]
        for t in range(2, 11):
            power = 1 - a**t
            forms += [
                (
                    power,
                    f"1 - {name}^{t}",
                    f"divide by (1 - {name}**{t}): the correction of the bias is forgotten",
                )
            ]
            forms += [(1 / power, f"1 / (1 - {name}^{t})", f"multiply by (1 - {name}**{t})")]
    for value, told, fix in forms:
        if abs(value - 1) > 1e-9:
            yield (
                "a factor of an attribute",
                value,
                told,
                fix,
                0.0 if "^" not in told and "/ (" not in told else 0.5,
            )
