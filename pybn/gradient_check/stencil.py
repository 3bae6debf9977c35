"""One element moved by a few steps: the slope, how sure it is, and whether there is a slope at all.

Slopes from the right and from the left, of three points each, tell a kink: on a smooth function their difference
falls to a quarter with half the step, at a kink it stays, and what is rounding doubles.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

EPS = float(np.finfo(np.float64).eps)
FIRM = 0.03  # of a difference: how much readings may disagree for it to be believed


@dataclass(frozen=True, slots=True)
class Slope:
    """The slope along one element.

    `trouble` is "kink" where the slopes from right and left differ, "rough" where differences do not settle,
    "not finite" where they are no numbers.
    """

    value: float
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Stencil:
    """What f's summands are at the element itself and moved by the multiples of h in `at`."""

    h: float
    middle: Array
    at: dict[float, Array] = field(default_factory=dict)

    def central(self, part: float = 1.0) -> float:
        """Return the slope by five points, of steps of `part` h."""
        near = self.at[part] - self.at[-part]
        far = self.at[2 * part] - self.at[-2 * part]
        return float(np.sum(8 * near - far)) / (12 * part * self.h)

    def jump(self, part: float = 1.0) -> float:
        """Return by how much the slope from the right is not the slope from the left."""
        near = (self.at[part] - self.middle) + (self.at[-part] - self.middle)
        far = (self.at[2 * part] - self.middle) + (self.at[-2 * part] - self.middle)
        return abs(float(np.sum(4 * near - far))) / (2 * part * self.h)

    def rounding(self) -> float:
        """Return about what rounding alone does to a slope: eps f/h, over the summands that change."""
        changed = self.at[2.0] != self.at[-2.0]
        return EPS * float(np.linalg.norm(self.middle[changed])) / self.h

    def still(self) -> bool:
        """Tell whether no summand changed."""
        return all(np.array_equal(moved, self.middle) for moved in self.at.values())


@dataclass(frozen=True, slots=True)
class Reading:
    """One stencil read: the slope, how far it is from the analytic one (`off`), and by how much half a step and a
    whole one disagree (`unsure`); `jump` where it may be at a kink, else 0; `still` where nothing changed.
    """

    value: float
    off: float
    unsure: float
    jump: float
    still: bool = False

    @property
    def firm(self) -> bool:
        """Whether the analytic slope is much farther than the doubt."""
        return not self.jump and self.unsure <= FIRM * self.off


def read(points: Stencil, analytic: float, scale: float, magnitude: float) -> Reading:
    """Read a stencil of steps h/2, h and 2h.

    One in which nothing changes says nothing where the analytic slope would be lost in rounding, too.
    """
    still = points.still()
    whole, half = points.central(1.0), points.central(0.5)
    off = abs(half - analytic)
    jump, before = points.jump(0.5), points.jump(1.0)
    stays = 0.5 * before < jump < 2 * before and jump > max(1e-6 * scale, 0.1 * off)
    lost = still and 0 < abs(analytic) * points.h <= EPS * magnitude
    return Reading(half, off, math.inf if lost else abs(whole - half), jump if stays else 0.0, still)


def settled(seen: Sequence[Reading], allowed: float) -> bool:
    """Tell whether smaller steps would add nothing: it agrees, or two steps say the same and differ firmly."""
    now = seen[-1]
    if not math.isfinite(now.value) or now.jump or not math.isfinite(now.unsure):
        return False
    if now.off <= 0.1 * allowed:
        return True
    # Steps on which f stands still, after longer ones on which it did not, may be those of a staircase.
    if len(seen) == 1 or not (now.firm and seen[-2].firm) or (now.still and not seen[0].still):
        return now.off == math.inf or math.isnan(now.off)
    return abs(now.value - seen[-2].value) <= FIRM * now.off


def verdict(seen: Sequence[Reading], allowed: float) -> Slope:
    """Say what readings that did not settle come to."""
    numbers = [each for each in seen if math.isfinite(each.value)]
    if not numbers:
        return Slope(math.nan, "not finite")
    for one, two in pairwise(numbers):
        if one.jump and two.jump and 0.5 < two.jump / one.jump < 2:
            return Slope(two.value, "kink")
    best = min(numbers, key=lambda each: each.unsure)
    fine = best.off <= allowed and math.isfinite(best.unsure) and not best.jump
    return Slope(best.value, "" if fine else "rough")
