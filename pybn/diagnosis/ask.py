"""Ask the families of mistakes, one tier after the other, and choose the simplest that reconciles both sides."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from pybn.compare import EXACT, Tolerance
from pybn.diagnosis.candidate import Candidate, Diagnosis, reconciles
from pybn.diagnosis.question import Question, question

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
        from pybn.diagnosis.families import TIERS  # dozens of them: loaded when something differs

        for tier in TIERS:
            found = [each for family in tier for each in _asked(family, q)]
            if found:
                return _told(q, found)
    return None


def _differs(q: Question) -> bool:
    return q.expected.dtype != q.obtained.dtype or bool(q.differing.any())


def _asked(family: Any, q: Question) -> list[Candidate]:
    """Return what a family has to say; a family that fails on these values has nothing."""
    found: list[Candidate] = []
    with suppress(ArithmeticError, ValueError, TypeError, IndexError, MemoryError):
        found.extend(each for each in family.candidates(q) if reconciles(each, q))
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
