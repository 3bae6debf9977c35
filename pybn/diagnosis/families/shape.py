"""The right values in another shape or dtype."""

from __future__ import annotations

from collections.abc import Iterator

from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.question import Question, alike

SURE = 1e9  # bits: what is said is no guess


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield axes of one element too many or too few, and the wrong dtype."""
    if q.same_shape and q.expected.dtype != q.obtained.dtype:
        yield Candidate(
            "dtype",
            f"the values agree, the dtype does not: {q.obtained.dtype} in place of {q.expected.dtype}",
            f"return .astype(np.{q.expected.dtype}), or compute in {q.expected.dtype}",
            lambda: q.expected,
            bits=SURE,
        )
    if not q.same_shape and alike(q.expected.shape, q.obtained.shape):
        yield Candidate(
            "shape",
            f"the values agree, the shape does not: {q.obtained.shape} in place of {q.expected.shape}, "
            "an axis of one element more or less",
            f"return .reshape({q.expected.shape}); MATLAB has no 1-D arrays and drops trailing axes of one element",
            lambda: q.expected.reshape(q.obtained.shape),
            bits=SURE,
        )
