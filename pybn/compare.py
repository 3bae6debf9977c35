"""Compare what was expected with what was obtained, to the last bit, and say how and where they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from pybn.distances import Apart, apart, as_reals, unit, wide
from pybn.distances import Array as Array
from pybn.distances import ulp_distance as ulp_distance


class Verdict(StrEnum):
    """What a comparison found, from best to worst; only the first two agree."""

    EQUAL = "equal"
    CLOSE = "close"
    DIFFERS = "differs"
    WRONG_SHAPE = "wrong shape"
    WRONG_DTYPE = "wrong dtype"
    WRONG_STRUCTURE = "wrong structure"
    MISSING = "missing"

    @property
    def agrees(self) -> bool:
        """Whether this is agreement."""
        return self in (Verdict.EQUAL, Verdict.CLOSE)


MANY_ULP = 10_000_000  # from here on a distance is told by its size
WRONG = (Verdict.WRONG_SHAPE, Verdict.WRONG_DTYPE, Verdict.WRONG_STRUCTURE, Verdict.MISSING)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How close is close: an element passes within `ulp` units in the last place, or within atol + rtol |expected|.

    `ulp_of_max` counts units in the last place of the largest magnitude expected in the tensor.
    """

    ulp: float = 0
    rtol: float = 0.0
    atol: float = 0.0
    ulp_of_max: float = 0
    because: str = ""


EXACT = Tolerance()


@dataclass(frozen=True, slots=True)
class Comparison:
    """One tensor on both sides.

    `max_abs`, `max_rel` and `max_ulp` are taken over elements that are finite on both sides; `scaled` is
    max_abs in units in the last place of the largest magnitude expected, which near a zero says more than
    max_ulp; `nonfinite` counts the elements where one side has a NaN or an infinity that the other has not.
    `worst` is the index of the worst element, with its two values; `zero_signs` counts zeros that differ in
    sign alone: they are 0 ULP apart and so "close". One NaN is as good as another. Of `size` elements `beyond` are
    further apart than is allowed; both are 0 where none is.
    """

    name: str
    verdict: Verdict
    max_abs: float = 0.0
    max_rel: float = 0.0
    max_ulp: int = 0
    scaled: float = 0.0
    worst: tuple[int, ...] | None = None
    expected: str = ""
    obtained: str = ""
    nonfinite: int = 0
    zero_signs: int = 0
    beyond: int = 0
    size: int = 0

    def explain(self) -> str:
        """Say in one line what was found."""
        if self.verdict in WRONG or (self.worst is None and math.isnan(self.max_abs)):
            return f"{self.name}: {self.verdict}: wanted {self.expected}, got {self.obtained}"
        if self.verdict is Verdict.EQUAL:
            return f"{self.name}: equal"
        where = ""
        if self.worst is not None:
            where = f" at {list(self.worst)}: wanted {self.expected}, got {self.obtained}"
        counts = f", {self.nonfinite} NaN or Inf out of place" if self.nonfinite else ""
        counts += f", {self.zero_signs} zeros of the other sign" if self.zero_signs else ""
        size = f"max {ulps(self.max_ulp)} ULP, abs {self.max_abs:.3g}, rel {self.max_rel:.3g}"
        many = f" in {self.beyond} of {self.size} elements" if self.beyond and self.size > 1 else ""
        return f"{self.name}: {self.verdict}{many}: {size}{counts}{where}"


def ulps(n: int) -> str:
    """Return a distance in ULP in few digits: 9007199254740993 as 9.0e+15."""
    return str(n) if n < MANY_ULP else f"{n:.1e}"


def compare(
    expected: Mapping[str, Any],
    obtained: Mapping[str, Any],
    tolerances: Mapping[str, Tolerance] | None = None,
) -> list[Comparison]:
    """Compare tensor by tensor, in the order of `expected`; tolerances default to exact.

    A tensor that only `obtained` has is reported as one too many, with the verdict MISSING on the expected side.
    """
    close = tolerances or {}
    found = [
        compare_tensor(name, expected[name], obtained.get(name), close.get(name, EXACT)) for name in expected
    ]
    found += [
        Comparison(name, Verdict.MISSING, expected="nothing", obtained=_describe(obtained[name]))
        for name in obtained
        if name not in expected
    ]
    return found


def compare_tensor(name: str, expected: Any, obtained: Any, tolerance: Tolerance = EXACT) -> Comparison:
    """Compare two values; shapes and dtypes have to be the same, byte order aside. None on the right is missing."""
    if obtained is None:
        return Comparison(name, Verdict.MISSING, expected=_describe(expected), obtained="nothing")
    if isinstance(obtained, np.ma.MaskedArray) and not isinstance(expected, np.ma.MaskedArray):
        # np.asarray would show what the mask hides.
        return Comparison(name, Verdict.WRONG_DTYPE, expected=_describe(expected), obtained="a masked array")
    want, got = np.asarray(expected), np.asarray(obtained)
    if want.shape != got.shape:
        return Comparison(name, Verdict.WRONG_SHAPE, expected=str(want.shape), obtained=str(got.shape))
    if _comparable(want.dtype) != _comparable(got.dtype):
        return Comparison(name, Verdict.WRONG_DTYPE, expected=str(want.dtype), obtained=str(got.dtype))
    if want.dtype.char not in "?bBhHiIlLqQefdFD":
        return _compare_plain(name, want, got)
    return _compare_numbers(name, want, got, tolerance)


def _comparable(dtype: np.dtype[Any]) -> object:
    """Leave out what does not make another dtype: the byte order, and the length of strings."""
    return dtype.char if dtype.kind in "SU" else dtype.newbyteorder("=")


def beyond(expected: Array, obtained: Array, tolerance: Tolerance = EXACT) -> Array:
    """Return a mask of the elements that are further apart than is allowed, of two arrays of one shape and dtype."""
    passed = _within(apart(as_reals(expected), as_reals(obtained)), tolerance)
    return np.asarray(~_whole(passed, expected.ndim))


def largest_unit(expected: Array, obtained: Array) -> float:
    """Return a unit in the last place of the largest magnitude expected, as `ulp_of_max` counts; 1 for integers."""
    return unit(apart(as_reals(expected), as_reals(obtained)))


def _whole(passed: Array, ndim: int) -> Array:
    """Of a complex number both parts count."""
    return np.asarray(passed.all(axis=tuple(range(ndim, passed.ndim))))


def _within(found: Apart, tolerance: Tolerance) -> Array:
    """Return a mask of what is near enough."""
    near = found.ulp <= tolerance.ulp
    if tolerance.atol or tolerance.rtol:
        near |= found.gap <= tolerance.atol + tolerance.rtol * found.size
    if tolerance.ulp_of_max and found.dtype.kind == "f":
        near |= found.gap <= tolerance.ulp_of_max * unit(found)
    return np.asarray(near & ~found.astray)


def _compare_numbers(name: str, want: Array, got: Array, tolerance: Tolerance) -> Comparison:
    a, b = as_reals(want), as_reals(got)
    found = apart(a, b)
    ulp, gap, passed = found.ulp, found.gap, _within(found, tolerance)
    with np.errstate(all="ignore"):
        rel = np.where(gap == 0, 0.0, gap / found.size)
        flipped = (a == 0) & (b == 0) & (np.signbit(wide(a)) != np.signbit(wide(b)))
    zero_signs = int(flipped.sum())
    if not bool(passed.all()):
        verdict = Verdict.DIFFERS
    else:
        verdict = Verdict.CLOSE if bool(ulp.any()) or zero_signs else Verdict.EQUAL
    worst = None if verdict is Verdict.EQUAL else _worst(found.astray, passed, ulp, flipped)
    index = None if worst is None else worst[: want.ndim]
    return Comparison(
        name,
        verdict,
        max_abs=float(gap.max(initial=0.0)),
        max_rel=float(rel.max(initial=0.0)),
        max_ulp=int(ulp.max(initial=np.uint64(0))),
        scaled=_scaled(gap, unit(found)),
        worst=index,
        expected="" if index is None else repr(want[index].item()),
        obtained="" if index is None else repr(got[index].item()),
        nonfinite=int(found.astray.sum()),
        zero_signs=zero_signs,
        beyond=int((~_whole(passed, want.ndim)).sum()),
        size=0 if bool(passed.all()) else want.size,
    )


def _scaled(gap: Array, unit: float) -> float:
    """Return the largest gap in these units."""
    with np.errstate(all="ignore"):
        worst = gap.max(initial=0)
        return float(worst / unit) if worst else 0.0


def _worst(out_of_place: Array, passed: Array, ulp: Array, flipped: Array) -> tuple[int, ...] | None:
    """Prefer a misplaced NaN, then the worst failing element, then the worst of all."""
    if out_of_place.any():
        flat = int(out_of_place.argmax())
    elif not passed.all():
        flat = int(np.where(passed, np.uint64(0), ulp).argmax())
    elif ulp.any():
        flat = int(ulp.argmax())
    else:
        flat = int(flipped.argmax())
    return tuple(int(i) for i in np.unravel_index(flat, passed.shape))


def _compare_plain(name: str, want: Array, got: Array) -> Comparison:
    """Compare what is no number: strings and the like, equal or not."""
    same = np.asarray(want == got)
    if bool(same.all()):
        return Comparison(name, Verdict.EQUAL)
    worst = tuple(int(i) for i in np.unravel_index(int((~same).argmax()), want.shape))
    return Comparison(
        name,
        Verdict.DIFFERS,
        math.nan,
        math.nan,
        0,
        math.nan,
        worst,
        repr(want[worst].item()),
        repr(got[worst].item()),
    )


def _describe(value: Any) -> str:
    array = np.asarray(value)
    return f"{array.dtype}{list(array.shape)}"
