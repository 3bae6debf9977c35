"""The values of Octave's `save -hdf5`: each a group with its type and its value, dimensions reversed."""

from __future__ import annotations

import math
from typing import Any

import h5py
import numpy as np

from pybn.errors import FormatError
from pybn.formats import matlab
from pybn.formats.hdf5_items import Link, attribute, links, opened, small, text
from pybn.formats.hdf5_octave import slot
from pybn.formats.hdf5_reader import Hdf5Reader
from pybn.formats.hdf5_sparse import vector
from pybn.formats.hdf5_traits import elements_of
from pybn.formats.matlab_values import chars, class_of, few, structs
from pybn.formats.octave_types import Shape, Type, spread, type_of
from pybn.formats.sparse_columns import columns
from pybn.values import Cell, Foreign, Object, StructArray

_RANGE = np.dtype([(name, "f8") for name in ("base", "limit", "increment")])


class OctaveReader(Hdf5Reader):
    """What Octave saved. What has no type of Octave's is an array of what HDF5 has it as."""

    kind = "Octave HDF5 (save -hdf5)"

    def of(self, item: Any, label: str, *, top: bool) -> Any:
        """Return what an object of the file stands for."""
        if isinstance(item, h5py.Dataset):
            return self.array(item, elements_of(item.dtype), label, top=top)
        parts = self._parts(item) if isinstance(item, h5py.Group) else {}
        name = "".join(text(value) for value in small(parts.get("type"))).rstrip("\0")
        if not name or "value" not in parts:
            raise FormatError("wanted a group with a type and a value, as Octave writes")
        type_, value = type_of(name), parts["value"]
        if attribute(item, "OCTAVE_EMPTY_MATRIX"):
            return _empty(type_, _dims(value))
        if isinstance(value, h5py.Dataset):
            return self._dataset(value, type_, label, top=top)
        if not isinstance(value, h5py.Group):
            raise FormatError(f"a {name} that is neither a dataset nor a group")
        return self._group(value, type_, label)

    def _parts(self, group: h5py.Group) -> dict[str, Any]:
        """Return the members of a group that are no values of their own."""
        return {link.name: opened(group, link) for link in links(group, 16) if not link.type}

    def _dataset(self, value: h5py.Dataset, type_: Type, label: str, *, top: bool) -> Any:
        if type_.shape is Shape.TEXT:
            return chars(self.whole(value))
        if type_.shape is Shape.RANGE:
            count = attribute(value, "OCTAVE_RANGE_NELEM")
            base, limit, increment = self.whole(value, _RANGE).item()
            return spread(base, limit, increment, None if count is None else int(count), type_.dtype)
        if type_.shape not in (Shape.SCALAR, Shape.MATRIX):
            return Foreign(type_.name)
        return self.array(value, elements_of(value.dtype, class_of(type_.dtype)), label, top=top)

    def _group(self, value: h5py.Group, type_: Type, label: str) -> Any:
        if type_.shape is Shape.CELL:
            return self._cell(value, label)
        if type_.shape is Shape.STRUCT:
            return {link.name: self._field(value, link, label) for link in self.within(value)}
        if type_.shape is Shape.STRUCTS:
            return self._structs(value, label)
        if type_.shape is Shape.SPARSE:
            return _sparse(self._parts(value), type_)
        if type_.shape is Shape.CLASS:
            return self._object(self._parts(value), label)
        return Foreign("function_handle" if type_.shape is Shape.FUNCTION else type_.name)

    def _field(self, value: h5py.Group, link: Link, label: str) -> Any:
        return self.decoded(self.member(value, link), f"{label}.{link.name}")

    def _cell(self, value: h5py.Group, label: str) -> Cell:
        found = {link.name: link for link in self.within(value)}
        shape = _dims(self.member(value, found["dims"]))[::-1]
        count = math.prod(shape)
        if len(found) != count + 1:
            raise FormatError(f"a cell of {list(shape)} that holds {len(found) - 1:,} elements")
        items = [
            self.decoded(
                self.member(value, found[slot(k, count)]), f"{label}{{{matlab.subscript(k, shape)}}}"
            )
            for k in range(count)
        ]
        return Cell(shape, tuple(items))

    def _structs(self, value: h5py.Group, label: str) -> Any:
        """Return a struct array, of each of whose fields there is a cell."""
        cells = {link.name: self._field(value, link, label) for link in self.within(value)}
        if not all(isinstance(cell, Cell) for cell in cells.values()):
            raise FormatError("a struct array whose fields are no cells")
        shapes = {cell.shape for cell in cells.values()} or {(1, 1)}  # which Octave keeps in the fields alone
        if len(shapes) > 1:
            raise FormatError("a struct array whose fields are not as many as each other")
        shape = shapes.pop()
        elements = [
            {name: cell.items[k] for name, cell in cells.items()} for k in range(few(math.prod(shape)))
        ]
        return structs(shape, tuple(cells), elements)

    def _object(self, parts: dict[str, Any], label: str) -> Object:
        """Return an object of a class of the old kind, whose folder is called @NAME."""
        name = "".join(text(each) for each in small(parts.get("classname"))).rstrip("\0")
        fields = self._structs(parts["value"], label)
        elements = fields.elements if isinstance(fields, StructArray) else (fields,)
        return Object(name, getattr(fields, "shape", (1, 1)), tuple(elements))


def _dims(dataset: Any) -> tuple[int, ...]:
    """Return dimensions as they are kept: those of an empty array in order, those of a cell reversed."""
    extents = [int(n) for n in small(dataset)]
    if len(extents) < 2 or min(extents) < 0:
        raise FormatError(f"an array of the dimensions {extents}")
    return tuple(extents)


def _empty(type_: Type, shape: tuple[int, ...]) -> Any:
    if math.prod(shape):
        raise FormatError(f"an empty {type_.name} of shape {list(shape)}")
    if type_.shape is Shape.TEXT:
        return chars(np.zeros(shape, np.uint8))
    if type_.shape is Shape.CELL:
        return Cell(shape, ())
    if type_.shape is Shape.SPARSE:
        starts = np.zeros(shape[1] + 1, np.int64)
        return columns(np.zeros(0, type_.dtype), starts[:0], starts, (shape[0], shape[1]))
    if type_.shape is Shape.OTHER:
        raise FormatError(f"an empty {type_.name}")
    return np.zeros(shape, type_.dtype)


def _sparse(parts: dict[str, Any], type_: Type) -> Any:
    rows, width = (int(small(parts.get(name))[0]) for name in ("nr", "nc"))
    starts, indices = (vector(parts.get(name), name) for name in ("cidx", "ridx"))
    return columns(vector(parts.get("data"), "data", class_of(type_.dtype)), indices, starts, (rows, width))
