"""Two simple mistakes at once: axes permuted or flipped, and a factor, a sign or an index base."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.families import constants
from pybn.diagnosis.question import Question, orders

LARGEST = 1 << 18
PAID = 6.0  # bits: that there are two


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield a rearrangement, then a constant."""
    if q.expected.size != q.obtained.size or not 3 < q.expected.size <= LARGEST:
        return
    for told, fix, x in _moved(q):
        moved = replace(q, expected=np.ascontiguousarray(x).reshape(x.shape), axes=())
        for each in constants.candidates(moved):
            if each.name == "absolute value":
                continue
            yield replace(
                each,
                name=f"{'flipped axes' if told.startswith('reversed') else 'axes permuted'} and {each.name}",
                sentence=f"{each.sentence}, and {told}",
                fix=f"{each.fix}; {fix}",
                cost=each.cost + PAID,
            )


def _moved(q: Question) -> Iterator[tuple[str, str, Array]]:
    if q.expected.ndim <= 4:
        for order in orders(q):
            back = tuple(int(k) for k in np.argsort(order))
            told = "transposed" if q.expected.ndim == 2 else f"with its axes permuted to {order}"
            yield told, f"np.transpose(answer, {back})", np.transpose(q.expected, order)
    if q.same_shape:
        for k, n in enumerate(q.expected.shape):
            if n > 1:
                yield (
                    f"reversed along {q.axis(k)}",
                    f"np.flip(answer, {k})",
                    partial(np.flip, q.expected, k)(),
                )
