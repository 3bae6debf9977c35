"""Octave's `save -hdf5`: every value is a group with a dataset `type`, which names it, and a `value`.

Dimensions are reversed, as in MATLAB's files. Cells hold groups `_0`, `_1` ... and their dimensions.
"""

from __future__ import annotations

import math
import re
from typing import Any

import h5py

from pybn.formats import matlab
from pybn.formats.contents import Row
from pybn.formats.hdf5_items import Link, attribute, members, opened, outside, small, text
from pybn.formats.hdf5_walk import Walk

_CLASSES = {"float": "single", "bool": "logical", "string": "char", "function": "function_handle"}


class OctaveWalk(Walk):
    """The rows of a file that Octave saved, in MATLAB's terms."""

    @property
    def kind(self) -> str:
        """Return what kind of file this is."""
        return "Octave HDF5 (save -hdf5)"

    @staticmethod
    def recognises(file: h5py.File) -> bool:
        """Say whether a file is one, by the mark that its first members have."""
        return any(_is_value(item) for item in members(file, 8).values())

    def about(self) -> list[str]:
        """Say what is turned round."""
        return ["shapes are in Octave's order; HDF5 holds them reversed"]

    def shape(self, item: h5py.Dataset) -> tuple[int, ...] | None:
        """Return the shape in Octave's order, with the two dimensions that everything has there."""
        shape = super().shape(item)
        return None if shape is None else matlab.two(shape[::-1])

    def visit(self, item: Any, name: str, depth: int, path: str) -> None:
        """List a value as what Octave has it for, and the rest as HDF5."""
        parts = members(item, 4) if isinstance(item, h5py.Group) and _is_value(item) else {}
        type_ = "".join(text(value) for value in small(parts.get("type")))
        if not type_ or "value" not in parts:
            super().visit(item, name, depth, path)
            return
        class_, complex_, sparse = _describe(type_)
        row = Row(name, depth, matlab.type_name(class_, complex_=complex_, sparse=sparse))
        self._value(item, parts["value"], class_, row, path)

    def _value(self, item: Any, value: Any, class_: str, row: Row, path: str) -> None:
        if attribute(item, "OCTAVE_EMPTY_MATRIX"):
            row.shape = matlab.two([int(extent) for extent in small(value)])
        elif isinstance(value, h5py.Dataset):
            elements = attribute(value, "OCTAVE_RANGE_NELEM")
            row.shape = self.shape(value) if elements is None else (1, int(elements))
            row.note = outside(value)
        elif row.type.startswith("sparse"):
            parts = members(value, 8)
            row.shape = (_number(parts["nr"]), _number(parts["nc"]))
            row.note = f"{_number(parts['nz']):,} nonzeros"
        else:
            self._container(value, class_, row, path)
            return
        if not row.type.startswith("sparse"):
            row.bytes = matlab.size(class_, row.shape or (), complex_=row.type.endswith(" complex"))
        self.rows.add(row)

    def _container(self, value: h5py.Group, class_: str, row: Row, path: str) -> None:
        """List a cell, a struct or a function handle with what is in it."""
        fields = self.links_of(value, 1_000) if class_ == "struct array" else []
        row.type = "struct" if class_ == "struct array" else class_
        row.shape = (1, 1)
        if class_ == "cell":
            row.shape = _dims(value)
        elif fields:
            row.shape = _dims_of_field(value, fields[0])
        if not self.rows.add(row):
            return
        if class_ == "cell":
            self._cell(value, row, path)
        elif fields:
            self._elements(value, fields, row, path)
        elif class_ == "struct":
            self.members(value, row, path)

    def _cell(self, value: h5py.Group, row: Row, path: str) -> None:
        shape = row.shape or ()
        for index in range(self.rows.admit(row, math.prod(shape))):
            label = f"{{{matlab.subscript(index, shape)}}}"
            self.follow(value, _link(index, math.prod(shape), label), row.depth + 1, path)

    def _elements(self, value: h5py.Group, fields: list[Link], row: Row, path: str) -> None:
        shape = row.shape or ()
        cells = [(field.name, _cell_of(value, field)) for field in fields]
        for number in range(self.rows.admit(row, math.prod(shape) * len(cells))):
            index, place = divmod(number, len(cells))
            field, cell = cells[place]
            label = f"({matlab.subscript(index, shape)}).{field}"
            self.follow(cell, _link(index, math.prod(shape), label), row.depth + 1, path)


def slot(index: int, count: int) -> str:
    """Return what an element of a cell of so many is called in the file: its number, as wide as theirs."""
    return f"_{index:0{len(str(count))}}"


def _link(index: int, count: int, label: str) -> Link:
    """Return the link to an element of a cell, under the name that it has in Octave."""
    return Link(label, slot(index, count).encode(), "")


def _cell_of(value: h5py.Group, field: Link) -> Any:
    """Return the group that holds a field of every element of a struct array."""
    return members(opened(value, field), 4)["value"]


def _dims(cell: h5py.Group) -> tuple[int, ...]:
    """Return the shape of a cell, which unlike that of an empty array is kept in reverse."""
    return matlab.two([int(extent) for extent in small(cell["dims"])][::-1])


def _dims_of_field(value: h5py.Group, field: Link) -> tuple[int, ...]:
    """Return the shape of a struct array, which is that of the cell of any field."""
    cell = opened(value, field)
    if attribute(cell, "OCTAVE_EMPTY_MATRIX"):
        return matlab.two([int(extent) for extent in small(members(cell, 4)["value"])])
    return _dims(_cell_of(value, field))


def _number(dataset: Any) -> int:
    return int(small(dataset)[0])


def _is_value(item: object) -> bool:
    return isinstance(item, h5py.Group) and attribute(item, "OCTAVE_NEW_FORMAT") is not None


def _describe(type_: str) -> tuple[str, bool, bool]:
    """Return the class that an Octave type name stands for, whether it is complex, and whether sparse."""
    words = re.split(r"[ _]", type_.rstrip("\0"))
    complex_, sparse = "complex" in words, "sparse" in words
    for word in words:
        if word in matlab.ITEM_BYTES or word == "cell":
            return word, complex_, sparse
        if word in _CLASSES:
            return _CLASSES[word], complex_, sparse
    if words[-1] == "struct":
        return ("struct" if words[0] == "scalar" else "struct array"), False, False
    return ("double" if words[-1] in ("matrix", "scalar", "range") else type_), complex_, sparse
