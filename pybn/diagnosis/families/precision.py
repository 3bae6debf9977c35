"""The right values with fewer digits, or rounded another way."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.arrays import gap, part_type, reals, sampled
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import NEEDED
from pybn.diagnosis.question import Question

SINGLE_ULP = 512  # of the largest element: what a computation in single may be off
DECIMALS = 7


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield single and half precision, and rounding to decimals."""
    if not q.same_shape or q.expected.dtype.kind not in "fc" or q.obtained.dtype.kind not in "fc":
        return
    yield from _narrow(q)
    if q.expected.dtype.kind == "f":
        for k in range(1, DECIMALS):
            yield Candidate(
                "rounded to decimals",
                f"obtained is expected rounded to {k} decimal{'s' if k > 1 else ''}",
                "leave out the rounding, or the text that the numbers went through",
                lambda k=k: np.round(q.expected, k),
                1.0,
                slack=1.0,
                kind="computed",
            )


def _narrow(q: Question) -> Iterator[Candidate]:
    """Yield computations in a narrower type: all that was obtained fits into it, and is as near as it can be."""
    for narrow, word in ((np.float32, "single"), (np.float16, "half")):
        part = part_type(q.expected.dtype)
        if part.itemsize <= np.dtype(narrow).itemsize:
            continue
        kept = _in_type(q.obtained, narrow)
        if not np.array_equal(kept, q.obtained, equal_nan=True) or _as_narrow(
            q.expected[q.differing], narrow
        ):
            continue
        largest = narrow(min(q.largest, float(np.finfo(narrow).max) / 2))
        far = SINGLE_ULP * float(np.spacing(largest))
        off = gap(q.expected, q.obtained)
        told = (
            "rounded to"
            if np.array_equal(_in_type(q.expected, narrow), q.obtained, equal_nan=True)
            else "computed in"
        )
        if off <= far:
            yield Candidate(
                f"{word} precision",
                f"obtained is expected {told} {word} precision: all its values are {np.dtype(narrow).name} numbers",
                f"keep {q.expected.dtype} throughout: look for float32 in np.zeros, astype or constants",
                lambda: q.obtained,
                -1.0,
                bits=_digits(q, 53 - np.finfo(narrow).nmant),
            )


def _as_narrow(x: Array, narrow: type) -> bool:
    """Tell whether numbers that may be any are all numbers of a narrower type, so that they come from it, too."""
    values = reals(x)
    whole = values * 2.0**10 == np.round(values * 2.0**10)
    return bool(~whole.all() and np.array_equal(_in_type(values, narrow), values, equal_nan=True))


def _in_type(x: Array, narrow: type) -> Array:
    """Return the numbers as a narrower type has them, in their own type."""
    if x.dtype.kind != "c":
        return x.astype(narrow).astype(x.dtype)
    return reals(x).astype(narrow).astype(np.float64).view(np.complex128).reshape(x.shape)


def _digits(q: Question, lost: int) -> float:
    """Return the evidence: bits that expected has beyond the narrow type, where obtained still fills that one."""
    values = np.unique(sampled(reals(q.obtained[q.differing])))
    values = values[np.isfinite(values) & (values != 0)]
    with np.errstate(all="ignore"):
        mantissa = np.frexp(values)[0] * 2.0**10
    full = int((mantissa != np.round(mantissa)).sum())
    return (
        float(full * lost)
        if full >= 2 or (values.size == 1 and full)
        else min(float(full * lost), NEEDED - 1)
    )
