"""Sums in Octave's order: one element after the other along the summed axis, in the array's own precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def column_sums(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the sum of each column of `x` (N, D), shape (D,), dtype of `x`, bit for bit Octave's `sum(x, 1)`.

    NumPy adds row after row only on a C-ordered array of more than one column; elsewhere it sums
    pairwise, which near a cancellation is millions of ULP away. Octave starts from +0, so that a sum of
    negative zeros is +0.
    """
    rows = np.ascontiguousarray(x)
    one_by_one = rows.shape[1] == 1 and rows.size
    sums = np.add.accumulate(rows, axis=0)[-1] if one_by_one else np.add.reduce(rows, axis=0)
    return np.asarray(sums + 0.0)
