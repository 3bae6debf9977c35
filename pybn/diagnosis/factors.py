"""Numbers with a meaning, that an answer may be off by as a factor: counts, attributes, angles, units."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from pybn.diagnosis.question import Question

# What obtained is of expected, and the same the other way round: value, words for both ways, and why.
WELL_KNOWN: tuple[tuple[float, str, str, str, str], ...] = (
    *((float(n), str(n), f"1 / {n}", "", "") for n in (2, 4, 10, 100, 1000, 360)),
    *(
        (float(n), str(n), f"1 / {n}", "a unit of time", "a unit of time")
        for n in (60, 24, 1440, 3600, 86400)
    ),
    *((10.0**n, f"1e{n}", f"1e-{n}", "another unit", "another unit") for n in (6, 9)),
    (
        256 / 255,
        "256 / 255",
        "255 / 256",
        "255 for 256, the range of 8 bits",
        "256 for 255, the range of 8 bits",
    ),
    (32768 / 32767, "32768 / 32767", "32767 / 32768", "the range of 16 bits", "the range of 16 bits"),
    (255.0, "255", "1 / 255", "the range of uint8", "the range of uint8"),
    (256.0, "256", "1 / 256", "", ""),
    (math.pi, "pi", "1 / pi", "", ""),
    (2 * math.pi, "2 pi", "1 / (2 pi)", "", ""),
    (math.log(2), "log(2)", "1 / log(2)", "np.log for np.log2", "np.log2 for np.log"),
    (math.log(10), "log(10)", "1 / log(10)", "np.log for np.log10", "np.log10 for np.log"),
    (math.log2(10), "log2(10)", "log10(2)", "np.log2 for np.log10", "np.log10 for np.log2"),
    (math.sqrt(2), "sqrt(2)", "1 / sqrt(2)", "", ""),
    (math.sqrt(math.pi), "sqrt(pi)", "1 / sqrt(pi)", "", ""),
    (math.sqrt(2 * math.pi), "sqrt(2 pi)", "1 / sqrt(2 pi)", "", ""),
    (
        1.4826022185056018,
        "1.4826",
        "1 / 1.4826",
        "of a median absolute deviation",
        "of a median absolute deviation",
    ),
)


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor that means something: the name of the mistake, its value, in words, the fix, and what it costs."""

    name: str
    value: float
    words: str
    fix: str
    price: float = 0.0


def meanings(q: Question) -> Iterator[Factor]:
    """Yield what obtained may be of expected: "times 5, the size of axis 0 of x", "divided by dx"."""
    for n, told in {**q.sizes, **_more_counts(q)}.items():
        yield from _of_count(n, told)
    for name, a in q.scalars.items():
        yield from _of_attribute(name, a)
    to, back = "np.rad2deg", "np.deg2rad"
    yield Factor(
        "degrees", math.pi / 180, "times pi / 180: radians for degrees", f"{to}(answer), or leave out {back}"
    )
    yield Factor(
        "degrees", 180 / math.pi, "times 180 / pi: degrees for radians", f"{back}(answer), or leave out {to}"
    )
    for value, words, inverse, why, reason in WELL_KNOWN:
        price = 1.0 if value == 2 else 2.5
        for v, told, other, because in ((value, words, inverse, why), (1 / value, inverse, words, reason)):
            fix = f"use {because.split(' for ')[1]}" if because.startswith("np.") else f"multiply by {other}"
            yield Factor("a factor", v, f"times {told}" + (f": {because}" if because else ""), fix, price)


def _more_counts(q: Question) -> dict[int, str]:
    """Return counts that no axis has: one less than an axis, as differences are, and attributes, as windows are."""
    found = {int(v): name for name, v in q.scalars.items() if v == int(v) and 2 < v < 1 << 20}
    less = {n - 1: f"one less than {told}" for n, told in q.sizes.items() if n > 3 and "number" not in told}
    return {n: told for n, told in {**less, **found}.items() if n not in q.sizes}


def _of_count(n: int, told: str) -> Iterator[Factor]:
    less = n - 1
    for value, words, fix in (
        (n / less, f"{n} / {less}", "ddof=0: N-1 is divided by where N is meant"),
        (less / n, f"{less} / {n}", "ddof=1: N is divided by where N-1 is meant"),
    ):
        yield Factor("N-1 for N", value, f"times {words}, where {n} is {told}", fix, 0.25)
        yield Factor("N-1 for N", math.sqrt(value), f"times sqrt({words}), where {n} is {told}", fix, 0.5)
    mean, root = "a sum in place of a mean", math.sqrt(n)
    yield Factor("a factor N", float(n), f"times {n}, {told}", f"divide by {n}: {mean}")
    yield Factor(
        "a factor N", 1 / n, f"divided by {n}, {told}", f"do not divide by {n}: a mean in place of a sum"
    )
    yield Factor("a factor N", root, f"times sqrt({n}), where {n} is {told}", f"divide by np.sqrt({n})", 2.0)
    yield Factor(
        "a factor N", 1 / root, f"divided by sqrt({n}), where {n} is {told}", f"multiply by np.sqrt({n})", 2.0
    )


def _of_attribute(name: str, a: float) -> Iterator[Factor]:
    """Yield what an attribute may be in a factor."""
    if not math.isfinite(a) or abs(a) < 1e-12 or abs(a) > 1e12:
        return
    size = abs(a)
    forms = [(size, name, 0.0), (size * size, f"{name}**2", 0.5), (math.sqrt(size), f"sqrt({name})", 0.0)]
    if 0 < a < 1:
        forms.append((1 - a, f"(1 - {name})", 0.0))
        forms += [(1 - a**t, f"(1 - {name}**{t})", 0.5) for t in range(2, 11)]
        swap = f"swap {name} and 1 - {name}"
        yield Factor("a factor of an attribute", a / (1 - a), f"times {name} / (1 - {name})", swap, 0.5)
        yield Factor("a factor of an attribute", (1 - a) / a, f"times (1 - {name}) / {name}", swap, 0.5)
    for value, told, price in forms:
        if abs(value - 1) > 1e-9:
            bias = ": the correction of the bias is forgotten" if "**" in told and "1 -" in told else ""
            twice = f"divide by {told}{bias}, or do not multiply by it"
            yield Factor("a factor of an attribute", value, f"times {told}", twice, price)
            lost = f"multiply by {told}, or do not divide by it"
            yield Factor("a factor of an attribute", 1 / value, f"divided by {told}", lost, price)
