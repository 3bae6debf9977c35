"""Numbers that go round: angles, hours, days of the week; whole turns apart, or counted from another zero."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import ARITHMETIC, FULL, content_bits, value_bits
from pybn.diagnosis.families.order import whole
from pybn.diagnosis.question import Question

LARGEST = 1 << 20
TURNS = {
    "360": 360.0,
    "2 * np.pi": 2 * math.pi,
    "180": 180.0,
    "np.pi": math.pi,
    "24": 24.0,
    "12": 12.0,
    "7": 7.0,
}
PARTS = {0.25: " / 4", 0.5: " / 2", 0.75: " * 3 / 4"}


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield whole turns that the two sides differ by, and other zeros and directions of angles."""
    if not q.same_shape or not 2 <= q.expected.size <= LARGEST:
        return
    if q.expected.dtype.kind not in "iuf" or q.obtained.dtype.kind not in "iuf":
        return
    e, o = q.expected.astype(np.float64), q.obtained.astype(np.float64)
    if not (np.isfinite(e).all() and np.isfinite(o).all()):
        return
    for word, turn in TURNS.items():
        yield from _whole_turns(q, e, o, word, turn)
        if turn in (360.0, 2 * math.pi):
            yield from _directions(q, e, o, word, turn)
    if whole(q.expected) is not None and whole(q.obtained) is not None:
        for name, turn in (("the week", 7), ("the year", 12), ("the day", 24)):
            yield from _starts(e, o, name, turn)


def _whole_turns(q: Question, e: Array, o: Array, word: str, turn: float) -> Iterator[Candidate]:
    """Yield that one side is wrapped to a turn, and the other is not, or elsewhere."""
    times = np.round((o - e) / turn)
    if not times.any():
        return
    right, wrong = (_Range.of(x, turn, word) for x in (e, o))
    if (right is None and wrong is None) or right == wrong:
        return
    left = float(np.abs(o - e - times * turn).max())
    digits = math.log2(turn / max(left, turn * 2.0 ** -FULL[8], 0.5 if not (o % 1).any() else 0.0))
    distinct = np.unique(o[q.differing]).size
    bits = distinct * (digits - math.log2(np.unique(times).size + 1))
    told = f"{wrong.told if wrong else 'not wrapped'}, expected {right.told if right else 'not wrapped'}"
    yield Candidate(
        "wrapped angle",
        f"the two sides are whole turns of {word} apart: obtained is {told}",
        right.code if right else f"leave out the remainder by {word}, or np.unwrap",
        lambda: e + times * turn,
        0.5,
        2 * ARITHMETIC,
        bits=bits,
    )


@dataclass(frozen=True)
class _Range:
    """Where angles lie that are wrapped, and how that is done."""

    told: str
    code: str

    @classmethod
    def of(cls, x: Array, turn: float, word: str) -> _Range | None:
        """Return where these lie; None where they are not wrapped."""
        slack = 1e-9 * turn
        if x.min() >= -slack and x.max() <= turn + slack:
            return cls(f"in 0 ... {word}", f"np.mod(answer, {word})")
        if x.min() >= -turn / 2 - slack and x.max() <= turn / 2 + slack:
            half = f"{turn / 2:g}" if turn % 2 == 0 else "np.pi" if turn > 4 else "np.pi / 2"
            return cls(f"in -{half} ... {half}", f"np.mod(answer + {half}, {word}) - {half}")
        return None


def _directions(q: Question, e: Array, o: Array, word: str, turn: float) -> Iterator[Candidate]:
    """Yield angles from another zero, or the other way round: from north for from east."""
    if max(np.abs(e).max(), np.abs(o).max()) > turn * (1 + 1e-9) or value_bits(q) < 12:
        return
    for share, part in PARTS.items():
        for sign, told, name in (
            (-1.0, f"{word}{part} less expected", "operands exchanged"),
            (1.0, f"expected plus {word}{part}", "another zero"),
        ):
            y = share * turn + sign * e
            y = y + np.round((o - y) / turn) * turn
            left = float(np.abs(y - o).max())
            yield Candidate(
                name,
                f"obtained is {told}, up to whole turns: the angle is measured from another direction"
                + (", as where the arguments of np.arctan2 are exchanged" if sign < 0 else ""),
                "look at the order of the arguments of np.arctan2, and where the angle is 0",
                lambda y=y: y,
                2.0 if share < 0.75 else 3.0,
                2 * ARITHMETIC,
                bits=content_bits(q.obtained[q.differing], value_bits(q, left)),
            )


def _starts(e: Array, o: Array, name: str, turn: int) -> Iterator[Candidate]:
    """Yield numbers of days, months or hours that begin elsewhere; both sides have the whole range."""
    for x in (e, o):
        if x.max() - x.min() != turn - 1 or x.min() not in (0.0, 1.0):
            return
    by = (o - e) % turn
    if by.min() != by.max():
        return
    yield Candidate(
        "another zero",
        f"obtained begins {name} elsewhere: it is expected plus {int(by.min())}, up to whole turns of {turn}",
        f"np.mod(answer - {int(by.min())} - {int(e.min())}, {turn}) + {int(e.min())}",
        lambda: o,
        2.0,
        bits=e.size * math.log2(turn) - 2 * math.log2(turn),
    )
