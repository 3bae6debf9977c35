"""What Octave's text and binary saves have in common: values in values, of the same types, from the front on."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats.lazy import InMemory
from pybn.formats.matlab import subscript
from pybn.formats.matlab_values import few, structs
from pybn.formats.octave_types import Shape, Type
from pybn.values import Cell, Foreign, Object, StructArray

DEEPEST = 64  # levels of cells and structs
LEAST_LAZY = 64 << 10  # bytes from which on an array is read only when it is asked for
FAULTS = (ValueError, OverflowError, IndexError, TypeError, KeyError, RecursionError)


class Parser(ABC):
    """Reads values one after the other. `label` says where in a value it is, as MATLAB would write it."""

    def __init__(self) -> None:
        self.label = ""
        self._depth = 0

    @property
    @abstractmethod
    def place(self) -> str:
        """Where in the file it is, in words."""

    @abstractmethod
    def header(self) -> tuple[str, Type] | None:
        """Read the name and the type of the next value, None at the end of the file. Raises FormatError."""

    @abstractmethod
    def numbers(self, type_: Type) -> Any:
        """Read a value that is made of numbers: an array of some kind, a range, a sparse matrix."""

    @abstractmethod
    def text(self) -> Any:
        """Read a char array."""

    @abstractmethod
    def shape(self) -> tuple[int, ...] | None:
        """Read the dimensions of a cell or struct array, None where there are none, as in old files."""

    @abstractmethod
    def length(self) -> int:
        """Read the number of fields, of a struct that is no array its dimensions too."""

    @abstractmethod
    def function(self) -> None:
        """Pass over a function handle."""

    @abstractmethod
    def class_name(self) -> str:
        """Read the name of a class."""

    def value(self, type_: Type) -> Any:
        """Read the value of a type. Raises FormatError."""
        match type_.shape:
            case Shape.TEXT:
                return self.text()
            case Shape.CELL:
                return self.cell()
            case Shape.STRUCT:
                return self.fields()
            case Shape.STRUCTS:
                return self._structs(self.shape())
            case Shape.CLASS:
                return self._object(self.class_name())
            case Shape.FUNCTION:
                self.function()
                return Foreign("function_handle")
            case Shape.LAZY_INDEX:
                return self.child("")[1]
            case Shape.OTHER:
                raise FormatError(
                    f"a value of the type {type_.name!r}, which is not known, nor where it ends"
                )
        return self.numbers(type_)

    def child(self, step: str | None = None) -> tuple[str, Any]:
        """Read a value that is part of another, called `step` there, or else by its name. Raises FormatError."""
        before, self.label = self.label, self.label + (step or "")
        found = self.header()
        if found is None:
            raise FormatError("breaks off, where a value was wanted")
        name, type_ = found
        self.label += f".{name}" if step is None else ""
        self._depth += 1
        if self._depth > DEEPEST:
            raise FormatError(f"wanted at most {DEEPEST} levels of cells and structs")
        value = self.value(type_)
        self._depth -= 1
        self.label = before
        return name, value

    def cell(self) -> Cell:
        """Read a cell, from its dimensions on."""
        shape = self.shape() or (0, 0)
        items = [self.child(f"{{{subscript(k, shape)}}}")[1] for k in range(math.prod(shape))]
        return Cell(shape, tuple(items))

    def fields(self) -> dict[str, Any]:
        """Read how many fields there are, and each."""
        return dict(self.child() for _ in range(self.length()))

    def _structs(self, shape: tuple[int, ...] | None) -> Any:
        """Read a struct array, of each of whose fields there is a cell; in old files a struct may be without."""
        cells = self.fields()
        shapes = {cell.shape if isinstance(cell, Cell) else () for cell in cells.values()}
        if shape is None:
            shape = shapes.pop() if len(shapes) == 1 else ()
            if not shape:
                return cells
            shapes = {shape}
        if shapes - {shape}:
            raise FormatError(f"a struct array of {list(shape)} with fields of {sorted(shapes)}")
        elements = [
            {name: cell.items[k] for name, cell in cells.items()} for k in range(few(math.prod(shape)))
        ]
        return structs(shape, tuple(cells), elements)

    def _object(self, name: str) -> Object:
        """Read an object of a class of the old kind, whose folder is called @NAME."""
        found = self._structs(None)
        shape, elements = (
            (found.shape, found.elements) if isinstance(found, StructArray) else ((1, 1), (found,))
        )
        return Object(name, shape, tuple(elements))


class OctaveReader:
    """The values of a file that Octave saved. They are listed and decoded at once, but for large arrays.

    Where a value cannot be made out, neither can what stands behind it: it is the last name, and asking for it raises.
    """

    row_major = False

    def __init__(self, path: str, kind: str, parser: Parser) -> None:
        self.kind = kind
        self._values: dict[str, Any] = {}
        while found := self._header(path, parser):
            name, type_ = found
            parser.label = name
            try:
                self._values[name] = parser.value(type_)
            except FAULTS as error:
                self._values[name] = FormatError(
                    f"{path}: {parser.label}: {parser.place}: {_said(error)}; what follows it is not found"
                )
                break

    def _header(self, path: str, parser: Parser) -> tuple[str, Type] | None:
        try:
            return parser.header()
        except FAULTS as error:
            raise FormatError(f"{path}: {parser.place}: {_said(error)}") from error

    def names(self) -> list[str]:
        """Return the names, in the file's order."""
        return list(self._values)

    def value(self, name: str) -> Any:
        """Return one value. Raises FormatError where it is damaged."""
        value = self._values[name]
        if isinstance(value, FormatError):
            raise FormatError(str(value))
        return InMemory(value) if isinstance(value, np.ndarray) else value

    def axes(self, name: str) -> None:
        """Return None: Octave names no axes."""

    def close(self) -> None:
        """Nothing is held but the map, which goes with the last array of it."""


def _said(error: Exception) -> str:
    said = str(error) or type(error).__name__
    return said if isinstance(error, FormatError) else f"cannot be read: {said[:200]}"
