"""Sparse matrices that are compressed by columns, as MATLAB and Octave have them in HDF5 and Octave elsewhere too."""

from __future__ import annotations

from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats.lazy import Array

MOST_COLUMNS = 1 << 28  # each of which takes some bytes, whether there is something in it or not


def columns(data: Array, rows: Array, starts: Array, shape: tuple[int, int]) -> Any:
    """Return a sparse matrix of such parts, of which more may be there than are used. Raises FormatError."""
    count = int(starts[-1]) if len(starts) else -1
    fits = len(starts) == shape[1] + 1 and not starts[0] and bool(np.all(np.diff(starts) >= 0))
    if not fits or min(shape) < 0 or count > min(len(data), len(rows)):
        raise FormatError(f"a sparse matrix of {shape[0]}x{shape[1]} whose columns are not where it says")
    data, rows = data[:count], rows[:count]
    if count and not (rows.min() >= 0 and rows.max() < shape[0]):
        raise FormatError(f"a sparse matrix of {shape[0]}x{shape[1]} with an element in no row")
    import scipy.sparse  # here, as it takes long and few files have any

    found = scipy.sparse.csc_array((data, rows, starts), shape=shape)
    found.sort_indices()
    return found


def from_places(at: Array, data: Array, shape: tuple[int, int]) -> Any:
    """Return a sparse matrix of elements whose row and column are given, from 0. Raises FormatError."""
    from scipy.sparse import coo_array

    if shape[1] > MOST_COLUMNS:
        raise FormatError(f"a sparse matrix of {shape[1]:,} columns; wanted at most {MOST_COLUMNS:,}")
    if len(at) and (at.min() < 0 or np.any(at.max(axis=0) >= shape)):
        raise FormatError(f"a sparse matrix of {shape[0]}x{shape[1]} with elements in no row or column")
    return coo_array((data, (at[:, 0], at[:, 1])), shape=shape).tocsc()
