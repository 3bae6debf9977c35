"""Text in plain HDF5: one string, or an array of them as NumPy has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.errors import FormatError
from pybn.formats.hdf5_items import decode
from pybn.formats.hdf5_lazy import Hdf5Array

LARGEST = 1 << 30  # bytes of an array of strings, each of which takes as many as the longest
PIECE = 1 << 16  # bytes of the dataset that are read at a time: what they refer to may be far more


def texts(x: Hdf5Array) -> str | npt.NDArray[np.str_]:
    """Return a dataset of strings. Raises FormatError where they are more than can be in its file."""
    if not x.shape:
        return _text(x[()])
    found: list[str] = []
    total, most = 0, LARGEST
    for piece in _pieces(x):
        strings = [_text(each) for each in np.ravel(piece)]
        total += sum(map(len, strings))
        found += strings
        longest = max(map(len, strings), default=0)
        if total > most or 4 * longest * x.size > most:
            raise FormatError(f"strings of {total:,} characters and more; wanted at most {most >> 30} GiB")
    return np.array(found or [], np.str_).reshape(x.shape)


def _pieces(x: Hdf5Array) -> Iterator[Any]:
    return (x.read(span) for span in x.blocks(PIECE))


def _text(value: Any) -> str:
    return decode(value) if isinstance(value, bytes) else str(value)
