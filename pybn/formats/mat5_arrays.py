"""Level 5 .mat files (v5, v6, v7): their variables, of which only headers are read before they are asked for."""

from __future__ import annotations

import os
import struct
from functools import partial
from typing import Any

import numpy as np

from pybn.formats.lazy import InMemory, LazyArray
from pybn.formats.mat5_elements import COMPRESSED, HEADER, Elements, Head, Tag, Variable, outer
from pybn.formats.mat5_objects import Mat5Objects
from pybn.formats.mat5_streams import Packed
from pybn.formats.mat5_values import nested, value
from pybn.formats.mat_names import unique
from pybn.formats.mat_source import Inflated, reading

HERE = 1 << 16  # bytes of a numeric array up to which it is read at once


class Mat5Reader:
    """The variables of a file, in its order."""

    row_major = False

    def __init__(self, path: str) -> None:
        self._path = path
        with reading(path) as file:
            size = os.fstat(file.fileno()).st_size
            header = file.read(HEADER)
            self._order = "<" if header[126:128] == b"IM" else ">"
            (objects,) = struct.unpack(self._order + "Q", header[116:124])
            variables = list(outer(file, size, self._order))
            found = [each for each in variables if each.position != objects]  # theirs is no variable
            self._objects = Mat5Objects(path, self._order, [each for each in variables if each not in found])
            named = []
            for variable in found:
                with variable.opened(file, self._order) as array:
                    named.append((array.head().name, variable.position))
        self._variables = dict(zip(unique(named), found, strict=True))
        packed = any(variable.kind == COMPRESSED for variable in found)
        self.kind = f"MATLAB {'v7 (level 5, compressed)' if packed else 'v5 or v6 (level 5, not compressed)'}"

    def names(self) -> list[str]:
        """Return the names of the variables."""
        return list(self._variables)

    def value(self, name: str) -> Any:
        """Return a variable. Raises FormatError where it is damaged."""
        variable, where = self._variables[name], f"{self._path}: {name}"
        with (
            reading(self._path) as file,
            variable.opened(
                file, self._order, where=where, path=self._path, objects=self._objects.decoded
            ) as array,
        ):
            found = value(array, array.head(), partial(self._numbers, variable))
            if isinstance(array.source, Inflated) and not isinstance(found, LazyArray):
                array.source.finish()
        return InMemory(found) if isinstance(found, np.ndarray) else found

    def _numbers(self, variable: Variable, array: Elements, head: Head, tag: Tag) -> Any:
        if isinstance(array.source, Inflated) and tag[1] > HERE:
            return Packed(self._path, variable, array).numbers(array, head, tag)
        return nested(array, head, tag, mapped_from=HERE)

    def axes(self, name: str) -> None:
        """Return None: the file names no axes."""

    def close(self) -> None:
        """Nothing is held but the maps, which go with the arrays."""
