"""Slopes by differences: how a sum of numbers changes with one element of a tensor, in float64, and how surely.

Five points, D(h) = (f(-2h) - 8 f(-h) + 8 f(h) - f(2h)) / 12h, err by h^4 f^(5)/30, where rounding errs by
1.5 eps f/h; the two meet near h = eps^(1/5) = 2^-10 of the scale of x, at 1e-12 of the slope, which leaves
five digits to a limit of 1e-7. Central differences of two points are at their best at 1e-10. Measured over
BatchNorm on normal numbers, error of dx: h = 2^-6 1e-8, 2^-8 1e-11, 2^-10 4e-13, 2^-12 2e-12, 2^-16 3e-11.
f is a sum, and the differences are taken before it: what does not change adds no rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from pybn.gradient_check.stencil import EPS, Array, Reading, Slope, Stencil, read, settled, verdict

Move = tuple[int, float]  # an element, in C order, and how far it is moved
Ask = Callable[[Sequence[Move]], Iterator[Array]]  # the summands of f for each move

STEP = 2.0**-10  # times the scale of a tensor
LIMIT = 1e-7  # a relative error above it is a wrong gradient
RUNGS = (1.0, 2.0**-4, 2.0**-8, 2.0**-12)  # of the step, where the first does not settle
BYTES = 1 << 26  # of moved tensors that wait at a time


def scale_of(x: Array) -> float:
    """Return how large a change in `x` is large: the median deviation from the median, which a few huge elements
    do not move; the largest one, the magnitude, or 1, where that is 0. Between 1e-300 and 1e300.
    """
    finite = x[np.isfinite(x)]
    if not finite.size:
        return 1.0
    away = np.abs(finite - np.median(finite))
    found = np.median(away) or np.max(away) or np.abs(finite[0]) or 1.0
    return float(np.clip(found, 1e-300, 1e300))


def slopes(
    x: Array,
    analytic: Array,
    chosen: Sequence[int],
    middle: Array,
    ask: Ask,
    *,
    step: float,
    limit: float,
    magnitude: float,
) -> tuple[dict[int, Slope], float]:
    """Return the slope along each chosen element of `x`, and the scale that errors are relative to.

    The scale is the largest magnitude in the analytic or the numeric gradient, or 1e8 times what rounding does
    to a slope, below which a gradient is as good as zero: about 2e-5 of the largest summand. An element that
    agrees with the analytic slope at once takes four evaluations; others are looked at with ever smaller steps,
    until they agree, or differ firmly, or the steps end. `magnitude` is that of the largest number which f is
    known to be made of.
    """
    known = [float(value) for value in analytic.ravel()]
    largest = float(np.max(np.abs(middle), initial=0.0))
    with np.errstate(all="ignore"):
        h, scale = _sizes(x, analytic, largest, step)
        first = dict(_first(x, chosen, middle, ask, h))
        scale = max(
            scale, *(_finite(each) for value, _, rounding in first.values() for each in (value, rounding))
        )
        found: dict[int, Slope] = {}
        for k, (value, jump, _) in first.items():
            if abs(value - known[k]) <= 0.1 * limit * scale and jump <= 1e-3 * scale:
                found[k] = Slope(value)
        seen: dict[int, list[Reading]] = {k: [] for k in first if k not in found}
        for rung in RUNGS:
            still_open = [k for k in seen if k not in found]
            for k, points in _stencils(x, still_open, middle, ask, rung * h, (0.5, 1.0, 2.0)):
                seen[k].append(read(points, known[k], scale, max(largest, magnitude)))
                if settled(seen[k], limit * scale):
                    found[k] = Slope(seen[k][-1].value)
    for k, readings in seen.items():
        found.setdefault(k, verdict(readings, limit * scale))
    return found, scale


def _sizes(x: Array, analytic: Array, largest: float, step: float) -> tuple[float, float]:
    """Return the step, and the scale of errors as far as it is known before any step is made.

    The step is a power of two: moving an element is exact, but where it comes into another binade.
    """
    scale = float(np.max(np.abs(analytic), where=np.isfinite(analytic), initial=1e-300))
    resolution = EPS * largest / step
    size = scale_of(x)
    if size < 1 and scale * size <= resolution:
        size = 1.0  # f would not notice: x is tiny beside what f is made of
    return 2.0 ** round(math.log2(step * size)), max(scale, 1e8 * resolution / max(size, 1.0))


def _first(
    x: Array, chosen: Sequence[int], middle: Array, ask: Ask, h: float
) -> Iterator[tuple[int, tuple[float, float, float]]]:
    """Yield slope, jump and 1e8 times the rounding along each element, of four evaluations."""
    for k, points in _stencils(x, chosen, middle, ask, h, (1.0, 2.0)):
        yield k, (points.central(), points.jump(), 1e8 * points.rounding())


def _stencils(
    x: Array, chosen: Sequence[int], middle: Array, ask: Ask, h: float, parts: tuple[float, ...]
) -> Iterator[tuple[int, Stencil]]:
    offsets = [sign * part for part in parts for sign in (1.0, -1.0)]
    at_once = max(1, BYTES // (len(offsets) * max(x.nbytes, 1)))
    for first in range(0, len(chosen), at_once):
        some = chosen[first : first + at_once]
        answers = ask([(k, offset * h) for k in some for offset in offsets])
        for k in some:
            yield k, Stencil(h, middle, {offset: next(answers) for offset in offsets})


def _finite(value: float) -> float:
    return abs(value) if math.isfinite(value) else 0.0
