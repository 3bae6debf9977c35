"""How many elements are how many ULP apart, in powers of two, and how many of them further than is allowed."""

from __future__ import annotations

import numpy as np

from pybn.compare import EXACT, Array, Tolerance, beyond, ulp_distance

EDGES = np.concatenate([[np.uint64(0)], np.uint64(1) << np.arange(64, dtype=np.uint64)])


def histogram(expected: Array, obtained: Array, tolerance: Tolerance = EXACT) -> tuple[list[int], list[int]]:
    """Count the elements that are 0, 1, 2, 3 to 4, 5 to 8 ... ULP apart, up to the last bin that has any.

    Returns all of them, and those that are beyond the tolerance. Both arrays are plain ones of one shape and dtype.
    Of a complex number the part that is further apart counts. Elements of which one is NaN or infinite are left out,
    unless both are the same: 0 ULP.
    """
    a, b = _parts(expected), _parts(obtained)
    with np.errstate(all="ignore"):
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        ulp = np.where(same, np.uint64(0), ulp_distance(a, b)).max(axis=-1)
        counted = (same | (np.isfinite(a) & np.isfinite(b))).all(axis=-1)
    bins = np.searchsorted(EDGES, ulp)
    bad = counted & beyond(expected, obtained, tolerance).reshape(-1)
    counts = [np.bincount(bins[which], minlength=EDGES.size) for which in (counted, bad)]
    used = int(np.flatnonzero(counts[0]).max(initial=0)) + 1
    return [int(n) for n in counts[0][:used]], [int(n) for n in counts[1][:used]]


def _parts(x: Array) -> Array:
    real = {"complex64": np.float32, "complex128": np.float64}.get(x.dtype.name)
    flat = x.reshape(-1, 1)
    return flat if real is None else flat.view(real)
