"""Walk a case's tensors in the order of computation to the first that differs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pybn.case import Case
from pybn.compare import Comparison
from pybn.divergence.order import Place, walk
from pybn.divergence.reference import WIDE
from pybn.engines.base import Array, Tensors

BEFORE, AFTER = 3, 6  # rows that are shown around the first difference


@dataclass(frozen=True, slots=True)
class Row:
    """One tensor of the walk. `error` is the largest difference over the largest magnitude expected, NaN if none."""

    place: Place
    comparison: Comparison
    error: float


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first tensor that differs, with its neighbours.

    `rows` are those around it, `skipped` counts the ones that agree before them and `left` those after them.
    `expected_off` and `obtained_off` are the distances of both sides from `reference`, over its largest
    magnitude: NaN where there is no reference, or no number. `unmeasured` says that there could have been one.
    """

    place: Place
    rows: Sequence[Row]
    skipped: int
    left: int
    reference: str = ""
    expected_off: float = math.nan
    obtained_off: float = math.nan
    unmeasured: bool = False

    @property
    def farther(self) -> str:
        """The side that is further from the reference: "expected", "obtained", or "" where that is not known."""
        if math.isnan(self.expected_off) or math.isnan(self.obtained_off):
            return ""
        if self.expected_off == self.obtained_off:
            return ""
        return "expected" if self.expected_off > self.obtained_off else "obtained"


def first_divergence(
    case: Case,
    comparisons: Sequence[Comparison],
    expected: Tensors,
    obtained: Tensors,
    reference: tuple[Tensors, str] | None = None,
) -> Divergence | None:
    """Return where the answers to a case of several outputs part; None where none differs, or there is but one."""
    found: Mapping[str, Comparison] = {each.name: each for each in comparisons}
    places = [place for place in walk(case) if place.name in found]
    first = next((k for k, p in enumerate(places) if not found[p.name].verdict.agrees), None)
    if first is None or len(places) < 2:
        return None
    start, end = max(0, first - BEFORE), min(len(places), first + 1 + AFTER)
    rows = [_row(place, found[place.name], expected, obtained) for place in places[start:end]]
    name = places[first].name
    single = case.dtype in WIDE and reference is None
    told = Divergence(places[first], rows, start, len(places) - end, unmeasured=single)
    if reference is None or reference[0].get(name) is None:
        return told
    truth, whose = reference[0][name], reference[1]
    off, other = (distance(truth, side.get(name)) for side in (expected, obtained))
    return replace(told, reference=whose, expected_off=off, obtained_off=other)


def _row(place: Place, comparison: Comparison, expected: Tensors, obtained: Tensors) -> Row:
    return Row(place, comparison, distance(expected.get(place.name), obtained.get(place.name)))


def distance(truth: Array | None, value: Any) -> float:
    """Return max|value - truth| / max|truth|: 0 where equal, Inf where a NaN or Inf is out of place.

    NaN where the two cannot be compared: no array, another shape, no numbers.
    """
    if truth is None or value is None:
        return math.nan
    a, b = np.asarray(truth), np.asarray(value)
    if a.shape != b.shape or a.dtype.kind not in "biufc" or b.dtype.kind not in "biufc":
        return math.nan
    wide = np.complex128 if "c" in (a.dtype.kind, b.dtype.kind) else np.float64
    a, b = a.astype(wide), b.astype(wide)
    with np.errstate(all="ignore"):
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        finite = np.isfinite(a) & np.isfinite(b)
        if not (same | finite).all():
            return math.inf
        gap = float(np.max(np.abs(a - b), where=finite, initial=0.0))
        scale = float(np.max(np.abs(a), where=np.isfinite(a), initial=0.0))
        return gap / scale if scale else (math.inf if gap else 0.0)
