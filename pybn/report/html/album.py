"""The pictures of a run, taken while its answers pass by, within the room that a report has for them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pybn.compare import Array, Comparison, Tolerance, Verdict, largest_unit
from pybn.divergence import walk
from pybn.parity import Result
from pybn.report.html.excerpt import excerpt
from pybn.report.html.histogram import histogram
from pybn.report.html.packed import packable, picture, plain
from pybn.report.style import finite

MB = 1_000_000
FAILING, PASSING, FIRST = 1.6 * MB, 1.4 * MB, 1.4 * MB  # bytes of pictures, as they are in the file
SHARE = {True: 1 / 12, False: 1 / 100}  # of the room, for one tensor; ever less, so there is always some left
MOST = {True: 65536, False: 1024}  # elements of one tensor, of each side
BASE64 = 4 / 3
TEXTS = 300_000  # letters of texts that differ


class Album:
    """Keeps of each tensor its shape, how far its elements are apart, and packed elements while there is room.

    Room is kept apart for tensors that differ, so that they have their pictures however many passed before them,
    and of it some for the first one of each of `cases` cases. Otherwise a tensor gets a share of the room that is
    left: the more came before it, the coarser it is.
    """

    def __init__(self, cases: int) -> None:
        self._room = {True: FAILING, False: PASSING}
        self._first = FIRST / max(cases, 1)
        self._letters = TEXTS
        self._seen: dict[tuple[Path, str], dict[str, dict[str, Any]]] = {}
        self._pictures: list[str] = []
        self._dispensable: list[int] = []  # of each picture: of two, the higher one can go first

    def take(self, result: Result) -> Result:
        """Look at a result whose answers are still there, and return it as it is."""
        if result.answers is not None:
            case, (expected, obtained) = result.case, result.answers
            # What differs has the first choice, and of that the one that is computed first.
            ranks = {} if result.passed else {place.name: k for k, place in enumerate(walk(case))}
            order = sorted(
                result.comparisons, key=lambda found: (found.verdict.agrees, ranks.get(found.name, 0))
            )
            told = {
                found.name: self._look(result, found, expected, obtained, not k)
                for k, found in enumerate(order)
            }
            self._seen[case.file, case.id] = told
        return result

    def of(self, result: Result) -> dict[str, dict[str, Any]]:
        """Return what was seen of a result's tensors, by name, as JSON data: shape, dtype, histogram, picture."""
        return self._seen.get((result.case.file, result.case.id), {})

    def pictures(self, room: float) -> list[str]:
        """Return all pictures as text, "" in place of those that go where there is only so much room for all of them.

        Those of what agrees go first, those of the first tensor of a case that differs last.
        """
        kept = list(self._pictures)
        over = sum(len(picture) + 1 for picture in kept) - room  # and the end of a line
        for k in sorted(range(len(kept)), key=lambda k: (-self._dispensable[k], -k)):
            if over <= 0:
                break
            over -= len(kept[k])
            kept[k] = ""
        return kept

    def _look(
        self,
        result: Result,
        found: Comparison,
        expected: Mapping[str, Any],
        obtained: Mapping[str, Any],
        first: bool,
    ) -> dict[str, Any]:
        sides: list[Any] = [side.get(found.name) for side in (expected, obtained)]
        if isinstance(sides[0], str) and isinstance(sides[1], str):
            return {"dtype": "text"} | ({} if found.verdict.agrees else self._texts(*sides))
        a, b = (plain(x) if packable(x) else None for x in sides)
        either = a if a is not None else b
        if either is None:
            return {}
        told: dict[str, Any] = {"shape": list(either.shape), "dtype": str(either.dtype)}
        if a is not None and b is not None and a.shape == b.shape and a.dtype == b.dtype:
            told |= _apart(found, a, b, result.case.tolerance(found.name))
        declared = result.case.outputs.get(found.name)
        axes = declared.axes if declared is not None and len(declared.axes) == either.ndim else ()
        told["axes"] = list(axes)
        fails = not found.verdict.agrees
        shown = self._picture(a, b, axes, found.worst, fails=fails, first=first and fails)
        return told | ({"picture": shown} if shown else {})

    def _texts(self, expected: str, obtained: str) -> dict[str, Any]:
        """Return two texts that differ, while there is room."""
        told = excerpt(expected, obtained, self._letters // 4)
        self._letters -= sum(map(len, told["texts"]))
        return told if any(told["texts"]) else {}

    def _picture(
        self,
        a: Any,
        b: Any,
        axes: tuple[str, ...],
        worst: tuple[int, ...] | None,
        *,
        fails: bool,
        first: bool,
    ) -> dict[str, Any] | None:
        """Pack both sides as finely as the room allows; None where there is too little of it, or nothing to show."""
        if not any(x is not None and x.size > 1 for x in (a, b)):
            return None
        room, most = self._room[fails], MOST[fails]
        share = room * SHARE[fails] * room / (FAILING if fails else PASSING)
        allowed = int((max(share, self._first) if first else share) / BASE64)
        made = picture(a, b, axes, worst, most, allowed)
        if made is None:
            return None
        data, told = made
        if len(data) * BASE64 <= share:
            self._room[fails] -= len(data) * BASE64
        self._pictures.append(base64.b64encode(data).decode())
        self._dispensable.append(0 if first else 1 if fails else 2)
        return told | {"data": len(self._pictures) - 1}


def _apart(found: Comparison, a: Array, b: Array, tolerance: Tolerance) -> dict[str, Any]:
    """Return the histogram of two arrays of one kind; where they differ, with what is beyond, and what is allowed."""
    if found.verdict is Verdict.EQUAL:
        return {"histogram": [a.size]}
    counts, bad = histogram(a, b, tolerance)
    told: dict[str, Any] = {"histogram": counts}
    told |= {"bad": bad} if any(bad) else {}
    if tolerance.ulp_of_max and a.dtype.kind in "fc":
        told["top"] = finite(tolerance.ulp_of_max * largest_unit(a, b))
    return told
