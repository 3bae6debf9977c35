"""Two formulas that differ in one choice: one gives what was expected, the other what was obtained.

This is the strongest evidence there is: both sides are computed from the inputs, to the last few bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.arrays import PEEK, gap
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import (
    ARITHMETIC,
    FINE,
    NEEDED,
    chosen_bits,
    computed_bits,
    content_bits,
    value_bits,
)
from pybn.diagnosis.question import Question, alike, thinned

Index = tuple[Array, ...]
FEW = 4096  # elements that are enough to tell which formulas to try
MOST_RIGHT = 64  # formulas that give what was expected: where there are more, it says nothing
HOLE = 2.0  # bits of a NaN that is where it is foretold
MOST_DIFFERENT = 2  # choices in which the two formulas may differ


@dataclass(frozen=True, slots=True)
class Formula:
    """A way to compute an answer from the inputs.

    `about` is what it computes; `choices` are what a port may get wrong: a kind of choice, and what is done, as
    a phrase: {"divisor": "divides by N-1"}. `at` computes `points` elements only, where that is quicker; `terms` is
    how many are summed up. `main` is the choice that is mentioned even where nothing is wrong with it.
    """

    about: str
    choices: Mapping[str, str]
    make: Callable[..., Array]
    at: Callable[..., Array] | None = None
    main: str = ""
    terms: int = 1
    points: int = PEEK
    fixes: Mapping[str, str] = field(default_factory=dict)


def twin_candidates(
    q: Question, formulas: Iterable[Formula], names: Mapping[str, str]
) -> Iterator[Candidate]:
    """Yield a mistake for each pair of formulas that give the two sides; `names` names it by the kind of choice."""
    for parting, e, o in pairs(q, formulas):
        yield _candidate(q, parting, e, o, names)


def pointwise_candidates(
    q: Question, build: Callable[[Question], Iterable[Formula]], names: Mapping[str, str]
) -> Iterator[Candidate]:
    """Yield the same, of formulas that compute each element by itself: a few elements of many tell which to try."""
    if q.expected.size <= FEW:
        yield from twin_candidates(q, build(q), names)
        return
    some = thinned(q, FEW)
    if some is None:
        return
    told = [f for _, e, o in pairs(some, build(some)) for f in (e, o)]
    if told:
        yield from twin_candidates(q, (f for f in build(q) if any(_same(f, g) for g in told)), names)


def _same(a: Formula, b: Formula) -> bool:
    return a.about == b.about and a.choices == b.choices


def pairs(q: Question, formulas: Iterable[Formula]) -> list[tuple[list[str], Formula, Formula]]:
    """Return the pairs of formulas that give expected and obtained, and where these differ: in as little as can be."""
    if not q.expected.size or not q.obtained.size:
        return []
    with np.errstate(all="ignore"):
        if content_bits(q.expected, value_bits(q, of=q.expected)) < NEEDED:
            return []
        known = list(formulas)
        right = [f for f in known if gives(f, q, q.expected)]
        if not 0 < len(right) <= MOST_RIGHT:
            return []
        near = [f for f in known if min(len(_parting(f, e)) for e in right) in range(1, MOST_DIFFERENT + 1)]
        wrong = [f for f in near if gives(f, q, q.obtained)]
    found = [(_parting(o, e), e, o) for o in wrong for e in right if _parting(o, e)]
    fewest = min((len(parting) for parting, _, _ in found), default=0)
    return [each for each in found if len(each[0]) == fewest]


def _parting(a: Formula, b: Formula) -> list[str]:
    """Return the kinds of choice in which two formulas differ; many where they compute different things."""
    if a.about != b.about or a.choices.keys() != b.choices.keys():
        return ["?"] * (MOST_DIFFERENT + 1)
    return [kind for kind in a.choices if a.choices[kind] != b.choices[kind]]


def _candidate(
    q: Question, parting: list[str], e: Formula, o: Formula, names: Mapping[str, str]
) -> Candidate:
    wrong, right = (" and ".join(filter(None, (f.choices[kind] for kind in parting))) for f in (o, e))
    fixes = dict.fromkeys(e.fixes[kind] for kind in parting if kind in e.fixes)
    main = f" ({e.choices[e.main]})" if e.main and e.main not in parting else ""
    return Candidate(
        names.get("+".join(parting), names.get(parting[0], parting[0])),
        f"{e.about}{main}: the port {wrong}, where expected {right}",
        "; ".join(fixes) or f"change the port so that it {right}",
        lambda: fitted(o.make(), q.obtained),
        2.0 * (len(parting) - 1) - 1.0,
        _slack(o),
        bits=min(_bits(q, o), _bits_of_right(q, e)),
    )


def _bits(q: Question, wrong: Formula) -> float:
    """Return the evidence: which elements differ is told by the formulas, as well as what they are."""
    prediction = fitted(wrong.make(), q.obtained)
    bits = computed_bits(q, gap(prediction, q.obtained))
    if q.same_shape:
        bits += chosen_bits(q.obtained.size, int(q.differing.sum()))
        if prediction.dtype.kind in "fc":  # NaN where expected has none is no accident where it is foretold
            bits += HOLE * int((np.isnan(prediction) & q.differing).sum())
    return bits


def _bits_of_right(q: Question, right: Formula) -> float:
    """Return the evidence that the right formula is: a small answer beside a large one is not just met by any."""
    left = gap(fitted(right.make(), q.expected), q.expected)
    return content_bits(q.expected, value_bits(q, left, of=q.expected))


def _slack(formula: Formula) -> float:
    return ARITHMETIC + 2 * math.sqrt(formula.terms)


def gives(formula: Formula, q: Question, answer: Array) -> bool:
    """Tell whether a formula gives this side of the question; one that these values are not for does not."""
    try:
        return _gives(formula, q, answer)
    except (ArithmeticError, ValueError, TypeError, IndexError):
        return False


def near(q: Question, where: Index, values: Array, terms: int) -> Array:
    """Tell which rows of values, computed for some elements alone, either side has there: formulas worth a try.

    Shapes: values (formulas, elements), the result (formulas,). Both sides have one shape.
    """
    far = 4 * _far(q, ARITHMETIC + 2 * math.sqrt(terms))
    fits = np.zeros(len(values), bool)
    for side in (q.expected[where], q.obtained[where]):
        fits |= ~(abs(values - side) > far).any(axis=1)
    return fits


def _far(q: Question, slack: float) -> float:
    """Return how far the value of a formula may be off."""
    close = q.tolerance
    far = max(slack, close.ulp, close.ulp_of_max) * q.step
    return min(max(far, close.atol + close.rtol * q.largest), q.between * FINE)


def _gives(formula: Formula, q: Question, answer: Array) -> bool:
    far = _far(q, _slack(formula))
    if formula.at is not None and answer.ndim:
        where = some_of(answer.shape, formula.points)
        value, wanted = np.asarray(formula.at(where)), answer[where]
        if (
            value.dtype.kind == "f"
            and value.shape == wanted.shape
            and bool((abs(value - wanted) > far).any())
        ):
            return False  # as most do: without a look at NaN
        if gap(value, wanted) > far:
            return False
    return gap(fitted(formula.make(), answer), answer) <= far


@lru_cache(64)
def some_of(shape: tuple[int, ...], many: int) -> Index:
    """Return the places of some elements, evenly spaced, of an array of this shape."""
    size = math.prod(shape)
    return np.unravel_index(np.linspace(0, size - 1, min(many, size)).astype(np.intp), shape)


def fitted(value: Array, answer: Array) -> Array:
    """Return a value in the shape of the answer where they differ in axes of one element alone; as it is otherwise."""
    value = np.asarray(value)
    return value.reshape(answer.shape) if alike(value.shape, answer.shape) else value
