"""How far two arrays of numbers are apart, whatever they hold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pybn.compare import Array

SAMPLE = 4096  # elements that evidence is counted on
PEEK = 256  # elements that are looked at first


def reals(x: Array) -> Array:
    """Return the numbers as float64, complex ones in pairs on a last axis."""
    if x.dtype.kind == "c":
        return x.astype(np.complex128, copy=False).reshape((*x.shape, 1)).view(np.float64)
    return x.astype(np.float64)


def top(x: Array) -> float:
    """Return the largest finite magnitude; 0 where there is none."""
    v = reals(x)
    return float(np.max(np.abs(v), where=np.isfinite(v), initial=0.0))


def unit(*arrays: Array) -> float:
    """Return a unit in the last place of the largest finite magnitude, in the narrower type; 0 for integers."""
    floats = [x for x in arrays if x.dtype.kind in "fc"]
    if not floats:
        return 0.0
    part = min((part_type(x.dtype) for x in floats), key=lambda dtype: dtype.itemsize)
    largest = min(max(map(top, floats)), float(np.finfo(part).max) / 2)
    return float(np.spacing(part.type(largest)))


def part_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the real type that a floating or complex type is made of."""
    return np.dtype(f"f{dtype.itemsize // (2 if dtype.kind == 'c' else 1)}")


def gap(a: Array, b: Array) -> float:
    """Return the largest |a - b| over all elements: 0 where equal, NaN with NaN; Inf where only one is finite."""
    if a.shape != b.shape:
        return math.inf
    if a.size == 0 or np.array_equal(a, b):
        return 0.0
    if a.dtype.kind in "biu" and b.dtype.kind in "biu" and a.dtype.itemsize + b.dtype.itemsize > 12:
        return float(max(abs(int(x) - int(y)) for x, y in _extremes(a, b)))
    x, y = reals(a), reals(b)
    if x.shape != y.shape:  # one is complex
        x, y = reals(a.astype(np.complex128)), reals(b.astype(np.complex128))
    with np.errstate(all="ignore"):
        off = np.where((x == y) | (np.isnan(x) & np.isnan(y)), 0.0, np.abs(x - y))
    return float(np.where(np.isnan(off), math.inf, off).max())


def _extremes(a: Array, b: Array) -> list[tuple[Any, Any]]:
    """Return pairs that differ most; 64 bits are more than a float holds."""
    off = np.abs(a.astype(np.float64) - b.astype(np.float64))
    differ = a != b
    where = int(np.where(differ, off + 1.0, 0.0).argmax())
    return [(a.reshape(-1)[where], b.reshape(-1)[where])]


def peek(a: Array, b: Array, allowed: float) -> bool:
    """Tell whether a few elements are near each other: cheap, also for a view that is not contiguous."""
    if a.shape != b.shape:
        return False
    if a.size <= PEEK:
        return True
    where = np.unravel_index(np.linspace(0, a.size - 1, PEEK).astype(np.intp), a.shape)
    return gap(np.asarray(a[where]), np.asarray(b[where])) <= allowed


def sampled(x: Array) -> Array:
    """Return at most SAMPLE elements, evenly spaced, as one dimension."""
    flat = x.reshape(-1)
    return flat if flat.size <= SAMPLE else flat[np.linspace(0, flat.size - 1, SAMPLE).astype(np.intp)]
