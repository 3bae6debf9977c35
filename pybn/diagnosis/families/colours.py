"""Grey from colours: the weights of red, green and blue, and their order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, twin_candidates

NAMES = {"order": "flipped axes", "weights": "another function", "axis": "wrong axis"}
WEIGHTS = {
    "BT.601": (0.2989, 0.587, 0.114),
    "BT.601 to six places": (0.298936, 0.587043, 0.114021),
    "BT.601 to three places": (0.299, 0.587, 0.114),
    "BT.709": (0.2126, 0.7152, 0.0722),
    "equal weights": (1 / 3, 1 / 3, 1 / 3),
}
LARGEST = 1 << 21


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of greys of each input that has three colours."""
    if q.expected.dtype.kind == "f" and q.obtained.dtype.kind == "f":
        for name, x in q.inputs.items():
            made = [
                Formula(f"grey from {name}", told, make, main="weights", fixes=FIXES)
                for told, make in greys(q, name, x)
            ]
            yield from twin_candidates(q, made, NAMES)


FIXES = {"order": "look at the order of the channels: OpenCV has B, G, R"}


def greys(q: Question, name: str, x: Array) -> Iterator[tuple[dict[str, str], partial[Array]]]:
    """Yield greys in double, with what is done, where the input has three colours along its first or last axis."""
    if x.ndim < 3 or x.size != 3 * q.expected.size or x.size > LARGEST or x.dtype.kind not in "biuf":
        return
    wide = x.astype(np.float64)
    for axis, (standard, weights), order in product((x.ndim - 1, 0), WEIGHTS.items(), ("R, G, B", "B, G, R")):
        if x.shape[axis] != 3:
            continue
        w = np.array(weights if order == "R, G, B" else weights[::-1])
        told = {
            "weights": f"weighs by {standard}",
            "order": f"takes {order}",
            "axis": f"along {q.along(name, axis)}",
        }
        yield told, partial(np.tensordot, wide, w, (axis, 0))
