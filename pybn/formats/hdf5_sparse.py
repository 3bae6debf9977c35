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
from pybn.formats.sparse_columns import columns

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
