"""A part of the answer, or more than it: an element too few, a border too many, every second row."""

from __future__ import annotations

from collections.abc import Iterator
from math import log2

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.arrays import gap
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import content_bits, value_bits
from pybn.diagnosis.question import Question

MOST = 4096  # places of one array in the other that are tried


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield one array found within the other, where the shapes differ."""
    a, b = q.expected, q.obtained
    if q.same_shape or a.ndim != b.ndim or not a.size or not b.size or a.ndim > 4:
        return
    if all(m <= n for m, n in zip(b.shape, a.shape, strict=True)):
        yield from _within(q, a, b, smaller=True)
    elif all(m >= n for m, n in zip(b.shape, a.shape, strict=True)):
        yield from _within(q, b, a, smaller=False)


def _within(q: Question, large: Array, small: Array, smaller: bool) -> Iterator[Candidate]:
    room = [n - m for n, m in zip(large.shape, small.shape, strict=True)]
    places = int(np.prod([r + 1 for r in room], dtype=float))
    if places <= MOST:
        for start in np.ndindex(*[r + 1 for r in room]):
            cut = tuple(slice(s, s + m) for s, m in zip(start, small.shape, strict=True))
            if (
                gap(large[(*(slice(s, s + 1) for s in start),)], small[(slice(0, 1),) * small.ndim])
                <= 64 * q.step
            ):
                yield _cut(q, large, small, cut, _told(q, room, start, smaller), log2(places), smaller)
    for axis, r in enumerate(room):
        if r and sum(bool(n) for n in room) == 1:
            for begin in (0, 1):
                cut = tuple(slice(begin, None, 2) if k == axis else slice(None) for k in range(large.ndim))
                if large[cut].shape == small.shape and small.shape[axis] > 1:
                    told = f"every second element along {q.axis(axis)}"
                    yield _cut(q, large, small, cut, told, 2.0, smaller)


def _told(q: Question, room: list[int], start: tuple[int, ...], smaller: bool) -> str:
    parts = []
    for k, (r, s) in enumerate(zip(room, start, strict=True)):
        if r:
            ends = [f"the first {s}"] * bool(s) + [f"the last {r - s}"] * bool(r - s)
            parts.append(f"{' and '.join(ends)} along {q.axis(k)}")
    return f"{'all but' if smaller else 'more by'} {', '.join(parts)}"


def _cut(
    q: Question, large: Array, small: Array, cut: tuple[slice, ...], told: str, cost: float, smaller: bool
) -> Candidate:
    if smaller:
        sentence = f"obtained is a part of expected: {told}"
        fix = "look at where the range ends: np.arange(a, b) leaves out b, MATLAB's a:b has it; or at padding and mode"
        return Candidate("part of the answer", sentence, fix, lambda: large[cut], cost, 4.0, "computed")
    sentence = f"obtained has all of expected and more: {told}"
    fix = "cut the port's answer, or look at where the range ends, at padding and mode"
    left = gap(large[cut], small)
    bits = content_bits(small, value_bits(q, of=small)) if left <= 4.0 * q.step else 0.0
    return Candidate(
        "part of the answer",
        sentence,
        fix,
        lambda: q.obtained if left <= 4.0 * q.step else small,
        cost,
        bits=bits,
    )
