"""NumPy's .npy files: one array, mapped into memory. No pickle is ever loaded."""

from __future__ import annotations

import tokenize
from pathlib import Path
from typing import IO, Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats.flat import MappedArray
from pybn.formats.lazy import LazyArray

NUMBERS = "biufc"
# What NumPy raises on a damaged header, which it parses as Python.
FAULTS = (ValueError, EOFError, TypeError, MemoryError, RecursionError, SyntaxError, tokenize.TokenError)


def header(file: IO[bytes], what: str = "it") -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read the header of an array: its shape, whether it is in Fortran order, its dtype. Raises FormatError."""
    try:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        if version == (3, 0):  # as (2, 0), with names of fields in UTF-8
            read[version] = read[2, 0]
        shape, fortran, dtype = read[version](file)
    except KeyError as error:
        raise FormatError(f"{what}: .npy of a version that is not known: {error}") from error
    except FAULTS as error:
        raise FormatError(f"{what}: the header of an .npy array is damaged: {str(error)[:200]}") from error
    if any(extent < 0 for extent in shape):
        raise FormatError(f"{what}: the header of an .npy array is damaged: its shape is {list(shape)}")
    if dtype.kind not in NUMBERS + "US" or dtype.hasobject:
        raise FormatError(
            f"{what}: wanted numbers, truth values or text, got {dtype}; pickles are never loaded"
        )
    return shape, fortran, dtype


class NpyReader:
    """One array, under the file's own name less its suffix."""

    kind = "NumPy .npy"
    row_major = True

    def __init__(self, path: str) -> None:
        self._name = Path(path).stem or "array"
        with Path(path).open("rb") as file:
            shape, fortran, dtype = header(file)
            self._array = MappedArray(path, file.tell(), shape, dtype, row_major=not fortran)

    def names(self) -> list[str]:
        """Return the name."""
        return [self._name]

    def value(self, name: str) -> LazyArray:
        """Return the array."""
        assert name == self._name  # noqa: S101  # DataFile asks for what is there
        return self._array

    def axes(self, name: str) -> None:
        """Return None: the file names no axes."""

    def close(self) -> None:
        """Nothing is held but the map, which goes with the array."""


def open_reader(path: str) -> NpyReader:
    """Read the header of a file."""
    return NpyReader(path)
