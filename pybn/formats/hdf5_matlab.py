"""MATLAB v7.3 files: HDF5 with the class of everything in attributes.

HDF5 holds the dimensions in reverse. Cells and struct arrays hold references to objects in `#refs#`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import h5py

from pybn.errors import FormatError
from pybn.formats import listing, matlab
from pybn.formats.contents import Row
from pybn.formats.hdf5_items import FAULTS, Link, attribute, members, outside, small
from pybn.formats.hdf5_walk import Walk

_OBJECT = 3  # MATLAB_object_decode of an object of a class defined in MATLAB code
KEPT_APART = ("#refs#", "#subsystem#")


class MatlabWalk(Walk):
    """The rows of a v7.3 file, in MATLAB's terms; `decode` reads objects, where it is set."""

    decode: Callable[[Any, str], Any] | None = None

    @property
    def kind(self) -> str:
        """Return what kind of file this is."""
        return "MATLAB v7.3 (HDF5)"

    @staticmethod
    def recognises(file: h5py.File) -> bool:
        """Say whether a file is one, by the class that its first members have."""
        return any(_class(item) for item in members(file, 8).values())

    def about(self) -> list[str]:
        """Say what is turned round and left out."""
        lines = ["shapes are in MATLAB's order; HDF5 holds them reversed"]
        if kept := [name for name in KEPT_APART if name in self.file]:
            lines.append(f"{' and '.join(kept)}: what cells and objects hold, listed where it belongs")
        return lines

    def top(self, root: h5py.Group) -> list[Link]:
        """Leave out the groups that cells and objects refer to."""
        return [link for link in super().top(root) if link.name not in KEPT_APART]

    def shape(self, item: h5py.Dataset) -> tuple[int, ...] | None:
        """Return the shape in MATLAB's order, with the two dimensions that everything has there."""
        shape = super().shape(item)
        return None if shape is None else matlab.two(shape[::-1])

    def visit(self, item: Any, name: str, depth: int, path: str) -> None:
        """List what has a class as what MATLAB has it for, and the rest as HDF5."""
        class_ = _class(item)
        if not class_:
            super().visit(item, name, depth, path)
        elif attribute(item, "MATLAB_object_decode") == _OBJECT:
            self._object(item, Row(name, depth, f"{class_} object"))
        elif isinstance(item, h5py.Dataset):
            self._array(item, class_, Row(name, depth, class_, note=outside(item)), path)
        elif "MATLAB_sparse" in item.attrs:
            self.rows.add(_sparse(item, class_, name, depth))
        else:
            self._struct(item, class_, Row(name, depth, class_), path)

    def _array(self, item: h5py.Dataset, class_: str, row: Row, path: str) -> None:
        """List a dataset with a class: an array, a cell, an object, or the dimensions of something empty."""
        complex_ = item.dtype.names == ("real", "imag")
        class_ = "double" if class_ == "canonical empty" else class_
        row.type, row.shape = matlab.type_name(class_, complex_=complex_), self.shape(item)
        if attribute(item, "MATLAB_empty"):
            row.shape = matlab.two([int(extent) for extent in small(item)])
        row.bytes = matlab.size(class_, row.shape or (), complex_=complex_)
        if self.rows.add(row) and class_ == "cell" and not attribute(item, "MATLAB_empty"):
            for index in range(self.rows.admit(row, math.prod(row.shape or ()))):
                self._referred(item, index, f"{{{matlab.subscript(index, row.shape or ())}}}", row, path)

    def _object(self, item: Any, row: Row) -> None:
        """List an object of a class of MATLAB code with its properties, which are elsewhere in the file."""
        found: Any = None
        try:
            if isinstance(item, h5py.Dataset):
                row.shape = matlab.object_shape([int(word) for word in small(item, 1 << 14)])
            found = self.decode(item, row.name) if self.decode else None
            row.shape = getattr(found, "shape", row.shape)
        except (FormatError, *FAULTS) as error:
            row.note = str(error).removeprefix(f"{self.file.filename}: ")[:200]
        if self.rows.add(row):
            listing.members(self.rows, row, found)

    def _struct(self, item: h5py.Group, class_: str, row: Row, path: str) -> None:
        """List a struct or object: its fields are members, or in an array references, one an element."""
        row.type = class_ if class_ in ("struct", "function_handle") else f"{class_} object"
        row.note = self.first_visit(item, path)
        arrays = {} if row.note else _fields_of_elements(item)
        row.shape = self.shape(next(iter(arrays.values()))) if arrays else (1, 1)
        if not self.rows.add(row) or row.note:
            return
        if arrays:
            self._elements(arrays, row, path)
        else:
            self.members(item, row, path)

    def _elements(self, arrays: dict[str, h5py.Dataset], row: Row, path: str) -> None:
        shape, names = row.shape or (), list(arrays)
        for number in range(self.rows.admit(row, math.prod(shape) * len(names))):
            index, place = divmod(number, len(names))
            label = f"({matlab.subscript(index, shape)}).{names[place]}"
            self._referred(arrays[names[place]], index, label, row, path)

    def _referred(self, item: h5py.Dataset, index: int, label: str, row: Row, path: str) -> None:
        """List what element `index` of a dataset of references refers to."""
        try:
            reference = _element(item, index)
            found = self.file[reference] if reference else None
            if found is None:
                self.rows.add(Row(label, row.depth + 1, "nothing"))
            else:
                self.visit(found, label, row.depth + 1, f"{path}{label}/")
        except FAULTS as error:
            self.fault(Row(label, row.depth + 1, "unreadable"), error)

    def links_of(self, item: h5py.Group, most: int) -> list[Link]:
        """Return the fields of a struct in MATLAB's order, which an attribute keeps."""
        found = super().links_of(item, most)
        order = {name: place for place, name in enumerate(attribute(item, "MATLAB_fields") or ())}
        return sorted(found, key=lambda link: order.get(link.name, len(order)))


def _class(item: Any) -> str:
    """Return what the attribute MATLAB_class says, "" where there is none."""
    class_ = attribute(item, "MATLAB_class") if isinstance(item, (h5py.Dataset, h5py.Group)) else None
    return class_ if isinstance(class_, str) else ""


def _fields_of_elements(item: h5py.Group) -> dict[str, h5py.Dataset]:
    """Return the fields of a struct array by name, {} for a single struct, whose fields have classes."""
    fields = members(item, 1_000)
    order = [name for name in attribute(item, "MATLAB_fields") or () if name in fields]
    in_order = dict.fromkeys([*order, *fields])
    return {name: fields[name] for name in in_order} if all(map(holds_elements, fields.values())) else {}


def holds_elements(field: Any) -> bool:
    """Say whether a field is one of a struct array: references, without a class of their own."""
    if not isinstance(field, h5py.Dataset) or _class(field):
        return False
    return h5py.check_ref_dtype(field.dtype) is not None


def _sparse(item: h5py.Group, class_: str, name: str, depth: int) -> Row:
    """Return the row of a sparse matrix: jc has an entry more than there are columns, data one a value."""
    parts = members(item, 8)
    columns = parts["jc"].shape[0] - 1
    data = parts.get("data")
    complex_ = data is not None and data.dtype.names == ("real", "imag")
    kind = matlab.type_name(class_, complex_=complex_, sparse=True)
    count = 0 if data is None else data.shape[0]
    shape = (int(attribute(item, "MATLAB_sparse")), columns)
    return Row(name, depth, kind, shape, note=f"{count:,} nonzeros")


def _element(item: h5py.Dataset, index: int) -> Any:
    """Return one element of a dataset of references, by its place in HDF5's own order."""
    place = []
    for extent in reversed(item.shape):
        index, at = divmod(index, extent)
        place.append(at)
    return item[tuple(reversed(place))]
