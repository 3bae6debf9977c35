"""One tensor's gradient against its slopes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from pybn.errors import ShapeError
from pybn.gradient_check.numeric import LIMIT, STEP, Ask, slopes
from pybn.gradient_check.stencil import Array


class Status(StrEnum):
    """How a gradient ended; only the first is agreement, only the second is wrong. The last is of a whole case."""

    AGREES = "agrees"
    DIFFERS = "differs"
    KINK = "not differentiable here"
    ROUGH = "differences do not settle"
    NOT_FINITE = "NaN or Inf"
    DECLARED = "no derivative, as declared"


@dataclass(frozen=True, slots=True)
class GradientError:
    """The gradient by one tensor, analytic against numeric.

    `error` is max|analytic - numeric| / max(max|analytic|, max|numeric|, tiny), where tiny is 1e8 times what
    rounding does to a numeric slope; it is NaN where no element could be compared, which is below no limit.
    `worst` is the index of the element it is reached at, with its two values. `checked` of `size` elements were
    looked at. Left out of `error`, and counted: `kinks`, elements along which the function is not
    differentiable (a tie, a zero of relu), `rough` ones, along which differences do not settle, `not_finite`.
    `message` says what is wrong with a gradient that there is nothing to compare of; its `error` is infinite.
    """

    name: str
    error: float
    worst: tuple[int, ...] | None
    analytic: float
    numeric: float
    checked: int
    size: int
    kinks: int = 0
    rough: int = 0
    not_finite: int = 0
    message: str = ""

    def status(self, limit: float = LIMIT) -> Status:
        """Say how it ended, for a limit of the error."""
        if self.error > limit:
            return Status.DIFFERS
        if self.kinks:
            return Status.KINK
        if self.not_finite:
            return Status.NOT_FINITE
        return Status.ROUGH if self.rough or math.isnan(self.error) else Status.AGREES


def magnitude_of(tensors: Iterable[Any]) -> float:
    """Return the largest finite magnitude in arrays of numbers."""
    return max((float(np.max(np.abs(x), where=np.isfinite(x), initial=0.0)) for x in tensors), default=0.0)


def not_finite(name: str, size: int) -> GradientError:
    """Return what there is to say where the function itself is NaN or infinite."""
    return GradientError(name, math.nan, None, math.nan, math.nan, 0, size, not_finite=size)


def misshapen(x: Array, analytic: Any) -> str:
    """Say in words that a gradient has not the shape of its tensor; "" where it has."""
    if analytic is not None and np.shape(analytic) == x.shape:
        return ""
    return f"wanted shape {x.shape}, got {'none' if analytic is None else np.shape(analytic)}"


def of_no_use(name: str, size: int, message: str) -> GradientError:
    """Return what there is to say of a gradient that cannot be compared, and is wrong for that."""
    return GradientError(name, math.inf, None, math.nan, math.nan, 0, size, message=message)


def check_tensor(
    name: str,
    x: Array,
    analytic: Any,
    middle: Array,
    ask: Ask,
    *,
    step: float = STEP,
    limit: float = LIMIT,
    elements: int | None = None,
    seed: int = 0,
    magnitude: float = 0.0,
) -> GradientError:
    """Compare the gradient of sum(middle) by `x` with slopes; by at most so many `elements`, drawn with `seed`.

    `magnitude` is that of the largest number that goes in: what it rounds away no difference can tell.
    Raises ShapeError where the gradient has not the shape of `x`.
    """
    if wrong := misshapen(x, analytic):
        raise ShapeError(f"gradient by {name}: {wrong}")
    known = np.asarray(analytic, np.float64)
    if not (np.isfinite(middle).all() and np.isfinite(x).all()):
        return not_finite(name, x.size)
    chosen = _chosen(x.size, elements, seed)
    found, scale = slopes(x, known, chosen, middle, ask, step=step, limit=limit, magnitude=magnitude)
    count = [sum(s.trouble == word for s in found.values()) for word in ("kink", "rough", "not finite")]
    sure = [k for k, slope in found.items() if not slope.trouble]
    off = {k: abs(found[k].value - float(known.flat[k])) for k in sure}
    worst = max(off, key=lambda k: math.inf if math.isnan(off[k]) else off[k], default=None)
    if worst is None:
        error, index, pair = math.nan, None, (math.nan, math.nan)
    else:
        error = math.inf if math.isnan(off[worst]) else off[worst] / scale
        index = tuple(int(i) for i in np.unravel_index(worst, x.shape))
        pair = float(known.flat[worst]), found[worst].value
    kinks, rough, lost = count
    return GradientError(name, error, index, *pair, len(chosen), x.size, kinks, rough, lost)


def _chosen(size: int, elements: int | None, seed: int) -> list[int]:
    if elements is None or size <= elements:
        return list(range(size))
    drawn = np.random.default_rng(seed).choice(size, elements, replace=False)
    return sorted(int(k) for k in drawn)
