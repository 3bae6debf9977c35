"""Where level 5 .mat files keep their objects: a variable of bytes without a name, themselves a .mat file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pybn.errors import FormatError
from pybn.formats.mat5_elements import MATRIX, NUMERIC, Elements, Variable
from pybn.formats.mat5_values import value
from pybn.formats.mat_objects import Objects
from pybn.formats.mat_source import Source, reading
from pybn.values import Cell, Foreign

WRAPPER = "FileWrapper__"
SHORTEST = 72  # bytes: a file's mark, and an array without elements


class Mat5Objects:
    """The objects of a file, read when the first one is met; `variables` is the one that holds them, or none."""

    def __init__(self, path: str, order: str, variables: Sequence[Variable]) -> None:
        self._path, self._order, self._variables = path, order, variables
        self._objects: Objects | None = None

    def decoded(self, class_name: str, stored: Any) -> Any:
        """Return objects of a class that are described so; where the file has none, a Foreign. Raises FormatError."""
        if self._objects is None:
            if not self._variables:
                return Foreign(class_name)
            self._objects = self._read(self._variables[0])
        return self._objects.decoded(stored, class_name)

    def _read(self, variable: Variable) -> Objects:
        with (
            reading(self._path) as file,
            variable.opened(file, self._order, path=self._path, objects=_wrapped) as array,
        ):
            head = array.head()
            if NUMERIC.get(head.class_) != "uint8":
                raise FormatError("its objects are not where its header says; the file is damaged")
            _, length, _ = array.tag()
            cells, order = _cells(array.source, length)
        return Objects(len(cells.items), cells.items.__getitem__, order)


def _cells(source: Source, length: int) -> tuple[Cell, str]:
    """Return what a file in a file holds of objects of MATLAB code, and its order of bytes."""
    if length < SHORTEST:
        raise FormatError("its objects are not stored as a file in the file; it is damaged")
    order = "<" if source.read(8)[2:4] == b"IM" else ">"
    outermost = Elements(source, 8, order)
    kind, inside = outermost.unpacked("I", source.read(8))
    if kind != MATRIX or inside > length - 16:
        raise FormatError("its objects are not stored as a file in the file; it is damaged")
    inner = Elements(source, inside, order, objects=_wrapped)
    found = value(inner, inner.head())
    cells = found.get("MCOS") if isinstance(found, Mapping) else None
    if not isinstance(cells, Cell):
        raise FormatError("it has nothing stored of objects of MATLAB code; the file is damaged")
    return cells, order


def _wrapped(class_name: str, stored: Any) -> Any:
    return stored if class_name == WRAPPER else Foreign(class_name)
