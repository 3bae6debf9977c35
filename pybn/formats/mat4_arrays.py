"""Level 4 .mat files: matrices of doubles, text, sparse matrices. Whatever numbers are stored as, they are doubles."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats.flat import MappedArray
from pybn.formats.lazy import Array, LazyArray
from pybn.formats.mat4_headers import SPARSE, TEXT, V4Variable, v4_variables
from pybn.formats.mat_names import unique
from pybn.formats.mat_numbers import InClass, exact
from pybn.formats.mat_source import reading
from pybn.formats.mat_sparse import from_triplets
from pybn.formats.mat_text import characters

DOUBLE, COMPLEX = np.dtype(np.float64), np.dtype(np.complex128)


class Mat4Reader:
    """The variables of a file, in its order."""

    kind = "MATLAB v4"
    row_major = False

    def __init__(self, path: str) -> None:
        self._path = path
        with reading(path) as file:
            found = list(v4_variables(file, os.fstat(file.fileno()).st_size))
        names = unique([(variable.name, variable.position) for variable in found])
        self._variables = dict(zip(names, found, strict=True))

    def names(self) -> list[str]:
        """Return the names of the variables."""
        return list(self._variables)

    def value(self, name: str) -> Any:
        """Return a variable. Raises FormatError where it is damaged."""
        variable = self._variables[name]
        numbers = self._numbers(variable, name)
        try:
            if variable.header.kind == SPARSE:
                return from_triplets(np.asarray(numbers))
            return _text(np.asarray(numbers)) if variable.header.kind == TEXT else numbers
        except FormatError as error:
            raise FormatError(f"{error} (at byte {variable.position:,})") from error

    def _numbers(self, variable: V4Variable, name: str) -> LazyArray:
        header, start = variable.header, variable.start
        shape, stored = (header.rows, header.columns), np.dtype(header.order + header.stored)
        if not header.complex:
            return MappedArray(self._path, start, shape, stored, dtype=DOUBLE)
        real, imaginary = (
            MappedArray(self._path, at, shape, stored) for at in (start, start + header.length // 2)
        )
        return InClass(shape, COMPLEX, real, lambda: imaginary, f"{self._path}: {name}")

    def axes(self, name: str) -> None:
        """Return None: the file names no axes."""

    def close(self) -> None:
        """Nothing is held but the maps, which go with the arrays."""


def _text(codes: Array) -> Any:
    """Return the text of the codes of its characters: bytes, unless there is one that no byte can be."""
    if codes.dtype != DOUBLE:
        raise FormatError("text has an imaginary part; the file is damaged")
    unit = np.dtype(np.uint16 if codes.size and codes.max() > 255 else np.uint8)
    return characters(exact(codes, unit).reshape(-1, order="F"), codes.shape)
