"""Ask the families of mistakes, one tier after the other, and choose the simplest that reconciles both sides."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from pybn.compare import EXACT, Tolerance
from pybn.diagnosis.candidate import Candidate, Diagnosis, reconciles
from pybn.diagnosis.question import Question, alike, named, orders, question

TWO = 6.0  # bits: what it costs that there are two mistakes
SHOWN = 2  # other mistakes that would explain the same


def diagnose(
    expected: Any,
    obtained: Any,
    *,
    inputs: Mapping[str, Any] | None = None,
    attrs: Mapping[str, Any] | None = None,
    tolerance: Tolerance = EXACT,
    axes: Sequence[str] = (),
    input_axes: Mapping[str, Sequence[str]] | None = None,
) -> Diagnosis | None:
    """Name the porting mistake that makes `obtained` of `expected`; None where none is known that leaves no residue.

    Both are arrays of numbers of any shape and dtype; `inputs` and `attrs` are what both sides were given, by
    name, `axes` names the axes of `expected`, `input_axes` those of inputs. Nothing is raised: of what is no array
    of numbers, nothing is known.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        q = question(expected, obtained, inputs or {}, attrs or {}, tolerance, axes, input_axes)
        if q is None or not q.expected.size or not q.obtained.size or (q.same_shape and not _differs(q)):
            return None
        found = _found(q)
        for undone in _undone(q) if found is None else ():
            if (inner := _found(undone.question, TWO)) is not None:
                sentence = f"{inner.sentence}; besides, {undone.sentence}"
                return Diagnosis(inner.name, sentence, f"{inner.fix}; {undone.fix}", inner.others)
    return found


@dataclass(frozen=True)
class _Undone:
    """A question about what was obtained, put into the shape that was expected; what was wrong, and the fix."""

    question: Question
    sentence: str
    fix: str


def _undone(q: Question) -> Iterator[_Undone]:
    """Yield what may hide behind a wrong shape: axes of one element, or axes in the one order that fits."""
    e, o = q.expected, q.obtained
    if q.same_shape or e.size != o.size:
        return
    if alike(e.shape, o.shape):
        moved = replace(q, obtained=o.reshape(e.shape))
        yield _Undone(moved, f"its shape is {o.shape}, not {e.shape}", f".reshape({e.shape})")
        return
    fitting = list(islice(orders(q), 3))
    for order in fitting if len(fitting) < 3 else ():
        back = tuple(int(k) for k in np.argsort(order))
        moved = replace(q, obtained=np.ascontiguousarray(np.transpose(o, back)))
        told = f"its axes are permuted to {order}{named(q, order)}"
        yield _Undone(moved, told, f"np.transpose(answer, {back})")


def _found(q: Question, paid: float = 0.0) -> Diagnosis | None:
    """Return what the first tier that knows something has to say; `paid` is what was tried before, in bits."""
    from pybn.diagnosis.families import TIERS  # dozens of them: loaded when something differs

    for tier in TIERS:
        found = [each for family in tier for each in _asked(family, q, paid)]
        if found:
            return _told(q, found)
    return None


def _differs(q: Question) -> bool:
    return q.expected.dtype != q.obtained.dtype or bool(q.differing.any())


def _asked(family: Any, q: Question, paid: float) -> list[Candidate]:
    """Return what a family has to say; a family that fails on these values has nothing."""
    found: list[Candidate] = []
    with suppress(ArithmeticError, ValueError, TypeError, IndexError, MemoryError):
        found.extend(each for each in family.candidates(q) if reconciles(each, q, paid))
    return found


def _told(q: Question, found: Sequence[Candidate]) -> Diagnosis:
    best = min(found, key=lambda each: each.cost)
    others = {
        each.sentence: None
        for each in sorted(found, key=lambda each: each.cost)
        if each.name != best.name and each.cost <= best.cost + 0.75
    }
    sentence = best.sentence
    if best.name not in ("dtype", "single precision") and q.expected.dtype != q.obtained.dtype:
        sentence += f"; its dtype is {q.obtained.dtype}, not {q.expected.dtype}"
    return replace(Diagnosis(best.name, sentence, best.fix), others=tuple(others)[:SHOWN])
