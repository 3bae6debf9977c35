"""What no input shows: a reshape in C order, of any shape; a shift by one, whatever moves in."""

from __future__ import annotations

from collections.abc import Iterator
from math import log2

from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.families.axes import displaced
from pybn.diagnosis.families.order import factors, reshaped
from pybn.diagnosis.question import Question, alike

MOST = 40  # shapes that are tried
LARGEST = 1 << 20


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield reshapes in the other order from any two or three factors of the number of elements, then shifts."""
    if (
        3 < q.expected.size <= LARGEST
        and q.rearranged
        and (q.same_shape or not alike(q.expected.shape, q.obtained.shape))
    ):
        shapes = factors(q.expected.size)[:MOST]
        yield from reshaped(q, shapes, 4.0 + log2(len(shapes) + 1))
    if q.same_shape and q.expected.size <= LARGEST:
        yield from displaced(q)
