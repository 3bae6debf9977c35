"""The elements of an input in another order or shape than expected: how each side reshapes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from math import factorial, log2

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.arrays import sampled
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import RECUR, arranged_bits, value_bits
from pybn.diagnosis.question import Question, orders, same_elements

LARGEST = 1 << 20
MOST_AXES = 4


@dataclass(frozen=True)
class _Way:
    """How an input is reshaped: its axes in this order, read in C order, and written in `write` order."""

    order: tuple[int, ...]
    write: str
    shape: tuple[int, ...]

    @property
    def columns(self) -> bool:
        """Whether the first axis is read the fastest, as MATLAB does."""
        return self.order == tuple(reversed(range(len(self.order))))

    @property
    def rows(self) -> bool:
        """Whether the last axis is read the fastest, as NumPy does."""
        return self.order == tuple(range(len(self.order)))

    def make(self, x: Array) -> Array:
        """Return the input so."""
        return (
            x.transpose(self.order).reshape(-1).reshape(self.shape, order="F" if self.write == "F" else "C")
        )

    def code(self, name: str, turned: bool = False) -> str:
        """Return it in Python, as simply as it can be written; `turned`: with the transpose at the end."""
        flat = len(self.shape) == 1 and self.columns and not self.rows
        order = ", order='F'" if self.write == "F" or flat else ""
        if (
            flat
            or (self.rows and self.columns)
            or (self.columns == (self.write == "F") and (self.rows or self.columns))
        ):
            return f"{name}.reshape({self.shape}{order})"
        if turned:
            return f"{name}.reshape({tuple(reversed(self.shape))}{', order=' + repr('F') if self.columns else ''}).T"
        if self.rows or self.columns:
            return f"{name}.T.reshape({self.shape}{order})"
        axes = tuple(reversed(self.order)) if self.write == "F" else self.order
        return f"np.transpose({name}, {axes}).reshape({self.shape}{order})"


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield the pairs of ways to reshape an input that give both sides."""
    if not 3 < q.expected.size <= LARGEST or q.expected.size != q.obtained.size or _permuted(q):
        return
    for name, x in q.inputs.items():
        if 1 <= x.ndim <= MOST_AXES and same_elements(x, q.expected) and same_elements(x, q.obtained):
            right, wrong = (_ways(x, side) for side in (q.expected, q.obtained))
            if right and wrong:
                yield _candidate(q, name, x, right[0], wrong[0])


def _permuted(q: Question) -> bool:
    """Tell whether the axes of expected alone are in another order, which says more."""
    return q.expected.ndim <= MOST_AXES and any(
        np.array_equal(np.transpose(q.expected, order), q.obtained, equal_nan=q.expected.dtype.kind in "fc")
        for order in orders(q)
    )


def _ways(x: Array, side: Array) -> list[_Way]:
    """Return the ways that give this side, the plainest first."""
    every = [
        _Way(order, write, side.shape)
        for order in permutations(range(x.ndim))
        for write in ("C", "F")[: 1 + (side.ndim > 1)]
    ]
    every.sort(
        key=lambda way: (not (way.columns or way.rows), way.columns != (way.write == "F"), way.write == "C")
    )
    kind = side.dtype.kind in "fc" and x.dtype.kind in "fc"
    return [way for way in every if np.array_equal(way.make(x), side, equal_nan=kind)]


def _candidate(q: Question, name: str, x: Array, right: _Way, wrong: _Way) -> Candidate:
    tries = log2(2 * factorial(x.ndim))
    bits = arranged_bits(sampled(q.expected)) + (RECUR if value_bits(q, of=q.expected) >= 16 else 0.0) - tries
    word = _name(right, wrong)
    why = {
        "another shape": "the sizes are given otherwise",
        "C order for Fortran order": "NumPy takes the last axis the fastest, MATLAB the first one",
    }.get(word, f"the elements of {name} come in another order")
    turned = right.columns and wrong.rows and (right.write, wrong.write) == ("C", "F")
    return Candidate(
        word,
        f"obtained is {wrong.code(name, turned)}, expected {right.code(name, turned)}: {why}",
        right.code(name, turned),
        lambda: wrong.make(x),
        -0.5,
        bits=bits,
    )


def _name(right: _Way, wrong: _Way) -> str:
    """Name what the port does: what MATLAB reads column by column, and NumPy row by row."""
    if (wrong.order, wrong.write) == (right.order, right.write):
        return "another shape"
    if right.columns and not right.rows and not wrong.columns:
        return "C order for Fortran order"
    if right.write == "F" and wrong.write == "C" and (wrong.columns or right.columns):
        return "C order for Fortran order"
    if right.rows and right.write == "C" and wrong.columns:
        return "Fortran order for C order"
    return "axes permuted"
