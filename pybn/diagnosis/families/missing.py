"""NaN: passed on where it is ignored, replaced by 0, or the reverse; and triangles that are left at zero."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import chosen_bits
from pybn.diagnosis.question import Question


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield what NaN does, and what a triangle of zeros is."""
    if not q.same_shape or q.expected.size < 2:
        return
    if q.expected.dtype.kind in "fc" and q.obtained.dtype.kind in "fc":
        yield from _nan(q)
    if q.expected.ndim == 2 and min(q.expected.shape) > 2:
        yield from _triangles(q)


def _nan(q: Question) -> Iterator[Candidate]:
    lost, gained = np.isnan(q.expected) & ~np.isnan(q.obtained), np.isnan(q.obtained) & ~np.isnan(q.expected)
    agree = int((~q.differing & np.isfinite(q.expected)).sum())
    if lost.any() and agree > 2:
        for value, fix in (
            (0.0, "leave out np.nan_to_num, nansum, or the fill"),
            (1.0, "look at what is done with 0 / 0"),
        ):
            yield Candidate(
                "NaN handling",
                f"obtained has {value:g} where expected has NaN",
                fix,
                lambda value=value: np.where(np.isnan(q.expected), q.expected.dtype.type(value), q.expected),
                bits=12.0 + min(agree, 20),
            )
    if gained.any():
        yield from _passed_on(q, gained)
        zeros, many = int((q.expected == 0).sum()), int(gained.sum())
        if many == zeros and not q.expected[gained].any():
            yield Candidate(
                "NaN handling",
                "obtained has NaN where expected has 0: 0 / 0, or NaN that is passed on",
                "guard the division, as MATLAB's code does: y[isnan(y)] = 0",
                lambda: np.where(gained, np.nan, q.expected),
                1.0,
                bits=chosen_bits(q.expected.size, many),
            )


def _passed_on(q: Question, gained: Array) -> Iterator[Candidate]:
    """Yield NaN that comes of NaN in an input, in its place or along axes of it."""
    for name, x in q.inputs.items():
        holes = np.isnan(x) if x.dtype.kind in "fc" else np.zeros(0, bool)
        if not holes.any() or x.ndim > 4:
            continue
        for many in range(x.ndim + 1):
            for axes in combinations(range(x.ndim), many):
                for keep in (True, False):
                    mask = holes.any(axis=axes, keepdims=keep) if axes else holes
                    if mask.size == gained.size and mask.squeeze().shape == gained.squeeze().shape:
                        mask = mask.reshape(gained.shape)
                    try:
                        mask = np.broadcast_to(mask, gained.shape)
                    except ValueError:
                        continue
                    if not np.array_equal(mask, np.isnan(q.obtained)):
                        continue
                    over = f" along axes {axes}" if axes else ""
                    yield Candidate(
                        "NaN handling",
                        f"obtained has NaN wherever {name} has one{over}: the port passes NaN on, expected does not",
                        "use np.nanmax, np.nanmin, np.nanmean ...: MATLAB's max and min ignore NaN, as 'omitnan'",
                        lambda mask=mask: np.where(mask, np.nan, q.expected),
                        bits=chosen_bits(gained.size, int(mask.sum())) + 2.0 * int((~mask).sum()),
                    )


def _triangles(q: Question) -> Iterator[Candidate]:
    rows, columns = q.expected.shape
    for name, keep in (("lower", np.tril), ("upper", np.triu)):
        for k in (0, -1, 1):
            told = "" if k == 0 else f" from diagonal {k} on"
            mask = keep(np.ones((rows, columns), bool), k)
            yield Candidate(
                "triangle",
                f"obtained has only the {name} triangle of expected{told}, and zeros elsewhere",
                f"leave out np.tri{'l' if name == 'lower' else 'u'}, or complete the matrix",
                lambda keep=keep, k=k: keep(q.expected, k),
                1.0,
                bits=chosen_bits(rows * columns, int((q.differing & ~mask).sum())),
            )
