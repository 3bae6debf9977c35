"""A mistake that might have been made, and what is said when it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pybn.compare import Array
from pybn.diagnosis.arrays import gap, peek
from pybn.diagnosis.evidence import NEEDED, allowed, computed_bits, moved_bits
from pybn.diagnosis.question import Question

NONE_FITS = "no known porting mistake reconciles both sides"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The mistake that reconciles both sides: its name, a sentence that says what was done, and the fix.

    `others` are the sentences of mistakes that would explain the same difference.
    """

    name: str
    sentence: str
    fix: str
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return sentence and fix in a line."""
        also = f" (as well possible: {'; '.join(self.others)})" if self.others else ""
        return f"{self.sentence}{also}; fix: {self.fix}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A prediction of what was obtained, if this mistake was made.

    `cost` is what the choice of this one among its like costs, in bits: the less, the more it is preferred. What is
    only moved has no slack; `bits` is the evidence where neither way of counting it is meant.
    """

    name: str
    sentence: str
    fix: str
    make: Callable[..., Array]
    cost: float = 0.0
    slack: float = 0.0
    kind: Literal["moved", "computed"] = "moved"
    bits: float | None = None


def reconciles(candidate: Candidate, q: Question, paid: float = 0.0) -> bool:
    """Tell whether the prediction leaves nothing unexplained, and whether that is more than chance.

    `paid` is what the choice of this question costs, in bits.
    """
    prediction = candidate.make()
    if prediction.shape != q.obtained.shape:
        return False
    off = allowed(q, candidate.slack)
    if not peek(prediction, q.obtained, off):
        return False
    left = gap(prediction, q.obtained)
    if left > off:
        return False
    if candidate.bits is not None:
        bits = candidate.bits
    else:
        bits = moved_bits(q, prediction) if candidate.kind == "moved" else computed_bits(q, left)
    return bits >= NEEDED + candidate.cost + paid
