"""Whether a prediction reconciles both sides, and whether that is more than chance.

A prediction reconciles when every element of it is within `slack` of what was obtained, or within the case's own
tolerance. The slack is counted in units in the last place of the largest element: 0 where elements are only moved,
and 16 where they are computed, since a handful of roundings, each half a unit of an intermediate that may be a few
times as large as the answer, is all that telling one formula from another takes; sums over n add 2 sqrt(n), for
roundings that are added up in another order. A prediction has to explain the difference, too: what it leaves is at
most an eighth of it where the prediction is exact by nature, see FINE.

The evidence is counted in bits: how many yes-no questions the prediction has answered rightly. An element with a full
mantissa is worth dozens, a small integer few, and the tenth equal one nothing. A prediction that has had choices pays
for them. So nothing is claimed from constants, from a few small integers, or from one number and a free parameter.
"""

from __future__ import annotations

import math

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.arrays import reals, sampled
from pybn.diagnosis.question import Question

NEEDED = 12.0  # bits: one false claim in 4,000 unrelated predictions
ARITHMETIC = 16.0  # ULP of the largest element
FINE = 1 / 8  # of the difference may remain
RECUR = 8.0  # bits: numbers of many digits do not recur by chance, and hardly a port shuffles them
FULL = {2: 6.0, 4: 16.0, 8: 36.0}  # bits of a mantissa that a match to within the slack confirms


def allowed(q: Question, slack: float) -> float:
    """Return how far a prediction may be off: the slack or the case's tolerance, and less than the difference."""
    close = q.tolerance
    far = max(slack, close.ulp, close.ulp_of_max) * q.step
    far = max(far, close.atol + close.rtol * q.largest)
    return min(far, q.between * FINE)


def value_bits(q: Question, left: float = 0.0, of: Array | None = None) -> float:
    """Return what one element's match is worth, in bits, where `left` remains between prediction and answer.

    The answer is `of`: what was obtained, unless it says.
    """
    got = sampled(reals(q.obtained if of is None else of))
    got = got[np.isfinite(got)]
    if not got.size:
        return 0.0
    kinds = [x.dtype for x in (q.expected, q.obtained) if x.dtype.kind in "fc"]
    full = min((FULL.get(d.itemsize // (2 if d.kind == "c" else 1), 16.0) for d in kinds), default=64.0)
    spread = float(got.max() - got.min()) or float(np.abs(got).max())
    grain = _grain(got)
    bits = full if grain == 0 else min(full, math.log2(spread / grain + 1) if spread else 0.0)
    if left > 0 and spread > 0:
        bits = min(bits, max(0.0, math.log2(min(spread, q.between) / left))) if q.between else 0.0
    return bits


def _grain(pool: Array) -> float:
    """Return the coarsest step that all values are multiples of: 1, 1/2 ... 1/64, or 0.1 ... 0.0001; 0 if none."""
    with np.errstate(all="ignore"):
        for scale in (1, 2, 4, 8, 16, 32, 64):
            if np.array_equal(pool * scale, np.round(pool * scale)):
                return 1 / scale
        for scale in (10, 100, 1000, 10000):
            whole = np.round(pool * scale)
            if np.allclose(pool * scale, whole, rtol=4e-16, atol=0):
                return 1 / scale
    return 0.0


def computed_bits(q: Question, left: float) -> float:
    """Return the evidence of a prediction of values: what the differing elements are worth, repeated ones less."""
    return content_bits(q.obtained[q.differing], value_bits(q, left))


def content_bits(x: Array, each: float) -> float:
    """Return what it takes to tell these numbers, in bits: `each` for one that is new, little for 0 and for NaN."""
    values = sampled(x)
    if not values.size:
        return 0.0
    distinct, counts = np.unique(values, return_counts=True)
    shares = counts / values.size
    told = -float((counts * np.log2(shares)).sum()) + sum(
        min(each, 2.0) if v == 0 or not np.isfinite(v) else each for v in distinct
    )
    return min(each * values.size, told)


def moved_bits(q: Question, prediction: Array) -> float:
    """Return the evidence of a rearrangement: the logarithm of how many arrangements the moved elements have.

    It is counted on the prediction, of obtained's shape: within a tolerance, what was obtained may be mere noise.
    """
    values = sampled(prediction[q.differing])
    bits = arranged_bits(values)
    if bits and q.same_shape:  # where expected has them is known: where they have gone to is told
        bits = max(bits, chosen_bits(q.obtained.size, int(q.differing.sum()) // 2))
    if bits and not q.same_shape:
        bits += 4.0  # the shape fits as well
    if bits and value_bits(q) >= 16.0:
        bits += RECUR
    return bits


def arranged_bits(values: Array) -> float:
    """Return the logarithm of how many arrangements some elements have; 0 where they are all equal."""
    counts = np.unique(values, return_counts=True)[1]
    ways = math.lgamma(values.size + 1) - sum(math.lgamma(int(c) + 1) for c in counts)
    return ways / math.log(2) if counts.size > 1 else 0.0


def chosen_bits(n: int, k: int) -> float:
    """Return the evidence of saying which k of n elements differ."""
    if n <= 0 or k < 0 or k > n:
        return 0.0
    return (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)) / math.log(2)
