"""Sparse matrices in HDF5, MATLAB's and Octave's: compressed by columns, as SciPy has them."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from pybn.errors import FormatError
from pybn.formats.hdf5_items import links, opened
from pybn.formats.hdf5_lazy import Elements, whole
from pybn.formats.hdf5_stored import Stored
from pybn.formats.hdf5_traits import elements_of

Array = npt.NDArray[Any]
INDEX = Elements(np.dtype(np.int64), np.dtype(np.int64))


def sparse(item: h5py.Group, rows: int, class_: str) -> Any:
    """Return a sparse matrix of MATLAB's: `jc` where columns start, `ir` the rows; no `data` where all is zero."""
    parts = {link.name: opened(item, link) for link in links(item, 8) if not link.type}
    starts = vector(parts.get("jc"), "jc")
    if "data" not in parts:
        data = np.zeros(0, elements_of(np.dtype("u1"), class_).dtype)
        return columns(data, np.zeros(0, np.int64), starts, (rows, len(starts) - 1))
    data = vector(parts["data"], "data", class_)
    return columns(data, vector(parts.get("ir"), "ir"), starts, (rows, len(starts) - 1))


def vector(dataset: Any, name: str, class_: str | None = None) -> Array:
    """Return the elements of a dataset, flat: indices, or elements of a class. Raises FormatError."""
    if not isinstance(dataset, h5py.Dataset):
        raise FormatError(f"a sparse matrix without its {name}")
    stored = Stored(dataset)
    stored.whole()
    elements = INDEX if class_ is None else elements_of(dataset.dtype, class_)
    return whole(stored, elements, reverse=False).reshape(-1)


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
