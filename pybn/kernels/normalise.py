"""Rows of mean 0 and variance 1, and the gradient through that; sums in Octave's order."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.kernels.sums import column_sums

Array = npt.NDArray[Any]


def row_means(rows: Array) -> Array:
    """Return the mean of each row of `rows` (N, D), shape (N, 1), from the first element to the last."""
    return np.asarray(column_sums(rows.T)[:, None] / rows.shape[1])


def normalised(rows: Array, eps: float) -> tuple[Array, Array]:
    """Return rows less their mean over the root of their variance (biased, plus eps), and that root (N, 1)."""
    centred = rows - row_means(rows)
    root = np.sqrt(row_means(centred * centred) + eps)
    return centred / root, root


def through_normalised(dy: Array, xhat: Array, root: Array) -> Array:
    """Return the gradient by the rows, given the one by what `normalised` made of them."""
    return np.asarray((dy - row_means(dy) - xhat * row_means(dy * xhat)) / root)
