"""The pictures of a run, taken while its answers pass by, within the room that a report has for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pybn.compare import Comparison, Verdict
from pybn.engines.base import Tensors
from pybn.parity import Result
from pybn.report.html.histogram import histogram
from pybn.report.html.packed import dtype_name, pack, packable, pick, plain

MB = 1_000_000
FAILING, PASSING = 2.4 * MB, 1.2 * MB  # bytes of pictures, as they are in the file
SHARE = {True: 1 / 20, False: 1 / 200}  # of the room left, for one tensor; so there is always some left
MOST = {True: 16384, False: 1024}  # elements of one tensor, of each side
LEAST = 64  # elements: fewer make no picture
BASE64 = 4 / 3


class Album:
    """Keeps of each tensor its shape, how far its elements are apart, and packed elements while there is room.

    Room is kept apart for cases that fail, so that they have their pictures however many passed before them. A
    tensor gets a share of the room that is left: the more came before it, the coarser it is.
    """

    def __init__(self, failing: float = FAILING, passing: float = PASSING) -> None:
        self._room = {True: failing, False: passing}
        self._seen: dict[tuple[Path, str], dict[str, dict[str, Any]]] = {}
        self.pictures: list[bytes] = []

    def take(self, result: Result) -> Result:
        """Look at a result whose answers are still there, and return it as it is."""
        if result.answers is not None:
            case, (expected, obtained) = result.case, result.answers
            self._seen[case.file, case.id] = {
                found.name: self._look(result, found, expected, obtained) for found in result.comparisons
            }
        return result

    def of(self, result: Result) -> dict[str, dict[str, Any]]:
        """Return what was seen of a result's tensors, by name, as JSON data: shape, dtype, histogram, picture."""
        return self._seen.get((result.case.file, result.case.id), {})

    def _look(
        self, result: Result, found: Comparison, expected: Tensors, obtained: Tensors
    ) -> dict[str, Any]:
        a, b = (side.get(found.name) for side in (expected, obtained))
        a, b = (plain(x) if x is not None and packable(x) else None for x in (a, b))
        either = a if a is not None else b
        if either is None:
            return {}
        told: dict[str, Any] = {"shape": list(either.shape), "dtype": str(either.dtype)}
        if a is not None and b is not None and a.shape == b.shape and a.dtype == b.dtype:
            equal = found.verdict is Verdict.EQUAL
            told["histogram"] = [a.size] if equal else histogram(a, b)
        declared = result.case.outputs.get(found.name)
        axes = declared.axes if declared is not None and len(declared.axes) == either.ndim else ()
        told["axes"] = list(axes)
        fails = not result.passed
        picture = self._picture(a, b, axes, found.worst, fails=fails)
        return told | ({"picture": picture} if picture else {})

    def _picture(
        self, a: Any, b: Any, axes: tuple[str, ...], worst: tuple[int, ...] | None, *, fails: bool
    ) -> dict[str, Any] | None:
        """Pack both sides as finely as the room allows; None where there is too little of it, or nothing to show."""
        if not any(x is not None and x.size for x in (a, b)):
            return None
        allowed, most = self._room[fails] * SHARE[fails], MOST[fails]
        while True:
            picks = [None if x is None else pick(x.shape, axes, most, worst) for x in (a, b)]
            sides = [
                None if x is None or p is None else plain(p.of(x)) for x, p in zip((a, b), picks, strict=True)
            ]
            data, mixed = pack(*sides)
            if len(data) * BASE64 <= allowed:
                break
            largest = max(side.size for side in sides if side is not None)
            if largest <= LEAST:
                return None
            most = max(LEAST, min(most, largest) // 2)
        self._room[fails] -= len(data) * BASE64
        self.pictures.append(data)
        told = [
            None if x is None or p is None else p.told() | {"dtype": dtype_name(x), "shape": list(x.shape)}
            for x, p in zip((a, b), picks, strict=True)
        ]
        return {
            "data": len(self.pictures) - 1,
            "xor": mixed,
            "expected": told[0],
            "obtained": told[1],
            "whole": all(
                x is None or s is None or x.size == s.size for x, s in zip((a, b), sides, strict=True)
            ),
        }
