"""Sparse matrices of .mat files before HDF5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats.lazy import Array
from pybn.formats.mat_numbers import exact, in_class

COLUMNS = 1 << 28  # a matrix takes some bytes for each column, whether there is something in it or not
INDEX = np.dtype(np.int64)
WORD = np.dtype(np.int32)


def from_columns(
    rows: Array, starts: Array, parts: Sequence[Array], shape: tuple[int, ...], dtype: np.dtype[Any]
) -> Any:
    """Return a matrix of the row of each nonzero, where each column starts among them, and the values' parts.

    It is a `scipy.sparse.csc_array`. Raises FormatError where that cannot be.
    """
    from scipy.sparse import csc_array

    if len(shape) != 2 or starts.size != shape[1] + 1:
        told = "x".join(map(str, shape))
        raise FormatError(f"a sparse matrix of {told:.80} starts {starts.size:,} columns; it is damaged")
    rows, starts, count = exact(rows, WORD), exact(starts, WORD), int(starts[-1])
    if not 0 <= count <= min(rows.size, *(part.size for part in parts)):
        raise FormatError(f"a sparse matrix lacks some of its {count:,} nonzeros; it is damaged")
    # SciPy's own check passes over columns where no nonzero is, and its compiled code writes where they say.
    if starts[0] or np.any(np.diff(starts) < 0) or np.any((rows[:count] < 0) | (rows[:count] >= shape[0])):
        raise FormatError("a sparse matrix has nonzeros where it has no rows or columns; it is damaged")
    values = in_class([part[:count] for part in parts], dtype)
    return csc_array((values, rows[:count], starts), shape=shape)


def from_triplets(table: Array) -> Any:
    """Return a matrix of rows of (i, j, value), or (i, j, real, imaginary), with the matrix's shape in the last one."""
    from scipy.sparse import coo_array

    if not table.shape[0] or table.shape[1] not in (3, 4) or table.dtype.kind == "c":
        raise FormatError("it is sparse, and not stored as sparse matrices are; the file is damaged")
    at = exact(table[:, :2], INDEX)
    parts = [table[:-1, k] for k in range(2, table.shape[1])]
    values = in_class(parts, np.dtype(np.complex128 if len(parts) == 2 else np.float64))
    if at.min() < 0 or at[-1, 1] > COLUMNS:
        raise FormatError(f"it is sparse with the dimensions {at[-1].tolist()}; it is damaged")
    try:
        return coo_array((values, (at[:-1, 0] - 1, at[:-1, 1] - 1)), shape=tuple(at[-1].tolist())).tocsc()
    except ValueError as error:
        raise FormatError(f"a sparse matrix is damaged: {error}") from error
