"""How far the elements of two arrays of numbers are apart: in representable numbers, and by their difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def ulp_distance(a: Array, b: Array) -> Array:
    """Count the representable numbers between the elements of two arrays of one real dtype, as uint64.

    -0 and +0 are 0 apart, neighbours 1. For integers and bool it is the difference. NaN gives no useful number.
    """
    x, y = _ordered(a), _ordered(b)
    return np.where(x > y, x - y, y - x)


def _ordered(x: Array) -> Array:
    """Map the elements to uint64 such that their order stays and neighbours differ by 1."""
    middle = np.uint64(1 << 63)
    if x.dtype.kind in "bu":
        return x.astype(np.uint64)
    if x.dtype.kind == "i":
        return x.astype(np.int64).view(np.uint64) ^ middle
    bits = x.view(f"u{x.dtype.itemsize}").astype(np.uint64)
    sign = np.uint64(1 << (8 * x.dtype.itemsize - 1))
    magnitude = bits & (sign - np.uint64(1))
    return np.where(bits & sign, middle - magnitude, middle + magnitude)


@dataclass(frozen=True, slots=True)
class Apart:
    """Of two real arrays: ULP between the elements, |a - b|, |a|, and where one alone has a NaN or an infinity."""

    ulp: Array
    gap: Array
    size: Array
    astray: Array
    dtype: np.dtype[Any]


def apart(a: Array, b: Array) -> Apart:
    """Measure two real arrays of one shape and dtype, in native byte order."""
    with np.errstate(all="ignore"):
        both_finite = np.isfinite(a) & np.isfinite(b)
        same_special = (np.isnan(a) & np.isnan(b)) | (a == b)
        ulp = np.where(both_finite, ulp_distance(a, b), np.uint64(0))
        gap = np.where(both_finite, _gap(a, b, ulp), 0.0)
        size = np.where(both_finite, np.abs(wide(a)), 0.0)
    return Apart(ulp, gap, size, ~both_finite & ~same_special, a.dtype)


def unit(found: Apart) -> float:
    """Return a unit in the last place of the largest magnitude expected; integers have a unit of 1."""
    with np.errstate(all="ignore"):
        largest = found.dtype.type(found.size.max(initial=0))
        return float(np.spacing(largest)) if found.dtype.kind == "f" else 1.0


def as_reals(x: Array) -> Array:
    """View complex numbers as pairs of reals on a last axis; bring the rest to native byte order."""
    native = np.ascontiguousarray(x).astype(x.dtype.newbyteorder("="), copy=False).reshape(x.shape)
    if x.dtype.kind != "c":
        return native
    part = np.float32 if x.dtype.itemsize == 8 else np.float64
    return native.reshape((*x.shape, 1)).view(part)


def _gap(a: Array, b: Array, ulp: Array) -> Array:
    """Return |a - b|; of integers it is their distance, which no float type of every machine holds exactly."""
    return ulp if a.dtype.kind in "biu" else np.abs(wide(a) - wide(b))


def wide(x: Array) -> Array:
    """Return the elements in a type that holds the difference of any two of them."""
    with np.errstate(invalid="ignore"):  # of a signalling NaN
        return x.astype(np.longdouble if x.dtype.itemsize == 8 else np.float64)
