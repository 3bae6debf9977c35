"""The values of MATLAB's v7.3 files: dimensions are reversed, cells and struct arrays hold references."""

from __future__ import annotations

import math
from typing import Any

import h5py
import numpy as np

from pybn.errors import FormatError
from pybn.formats import matlab
from pybn.formats.hdf5_items import Link, small
from pybn.formats.hdf5_matlab import KEPT_APART, holds_elements
from pybn.formats.hdf5_objects import Hdf5Objects
from pybn.formats.hdf5_reader import Hdf5Reader
from pybn.formats.hdf5_sparse import sparse
from pybn.formats.hdf5_traits import elements_of, traits_of
from pybn.formats.matlab_values import chars, dtype_of, empty, structs
from pybn.values import Cell, Foreign, Object, StructArray

OLD, OPAQUE = 2, 3  # what MATLAB_object_decode says of objects; 1 is a function handle


class MatlabReader(Hdf5Reader):
    """A v7.3 file. What no class is known of is an array of what HDF5 has it as."""

    kind = "MATLAB v7.3 (HDF5)"

    def __init__(self, path: str, file: h5py.File) -> None:
        super().__init__(path, file)
        self.objects = Hdf5Objects(self)

    def listed(self, item: Any, label: str) -> Any:
        """Return what an object stands for, whatever was before it. Raises FormatError."""
        self.bounds = self._bounds()
        return self.decoded(item, label)

    def top(self) -> list[Link]:
        """Leave out the groups that cells and objects refer to."""
        return [link for link in super().top() if link.name not in KEPT_APART]

    def of(self, item: Any, label: str, *, top: bool) -> Any:
        """Return what an object of the file stands for."""
        traits = traits_of(item)
        class_ = traits.get("MATLAB_class", "")
        if isinstance(item, h5py.Group):
            return self._group(item, class_, traits, label)
        if not isinstance(item, h5py.Dataset):
            raise FormatError("wanted a dataset or a group, got a named type")
        if traits.get("MATLAB_object_decode"):
            return self.object(item, class_, traits, label)
        if traits.get("MATLAB_empty"):
            return empty(class_, [int(n) for n in small(item)], traits.get("MATLAB_fields") or ())
        if class_ == "cell":
            return self._cell(item, label)
        return self._array(item, class_, label, top=top)

    def object(self, item: Any, class_: str, traits: dict[str, Any], label: str) -> Any:
        """Return objects, decoded where their class is of MATLAB code or a struct of old; function handles are not."""
        kind = int(traits.get("MATLAB_object_decode") or 0)
        if kind == OLD and isinstance(item, h5py.Group):
            return _old(class_, self._struct(item, traits, label))
        if kind != OPAQUE:
            return Foreign(class_)
        enumeration = isinstance(item, h5py.Group)
        stored = self._struct(item, traits, label) if enumeration else self.whole(item)
        return self.objects.decoded(class_, stored)

    def _array(self, item: h5py.Dataset, class_: str, label: str, *, top: bool) -> Any:
        if class_ == "char":
            return chars(self.whole(item, item.dtype.newbyteorder("=")))
        if class_ and dtype_of(class_) is None:
            return Foreign(class_)
        return self.array(item, elements_of(item.dtype, class_), label, top=top)

    def _cell(self, item: h5py.Dataset, label: str) -> Cell:
        references = self._references(item)
        places = (matlab.subscript(k, references.shape) for k in range(references.size))
        flat = references.reshape(-1, order="F")
        return Cell(
            references.shape,
            tuple(self._referred(r, f"{label}{{{at}}}") for r, at in zip(flat, places, strict=True)),
        )

    def _references(self, item: h5py.Dataset) -> Any:
        if h5py.check_ref_dtype(item.dtype) is not h5py.Reference:
            raise FormatError(f"wanted references, got {item.dtype}")
        self.bounds.count(math.prod(item.shape or ()))
        return self.whole(item)

    def _referred(self, reference: Any, label: str) -> Any:
        if not reference:
            return np.zeros((0, 0))
        return self.decoded(self.referred(reference), label)

    def _group(self, item: h5py.Group, class_: str, traits: dict[str, Any], label: str) -> Any:
        if "MATLAB_sparse" in traits:
            return sparse(item, int(traits["MATLAB_sparse"]), class_)
        if class_ not in ("struct", ""):
            return self.object(item, class_, traits, label)
        return self._struct(item, traits, label)

    def _struct(self, item: h5py.Group, traits: dict[str, Any], label: str) -> Any:
        found = {link.name: self.member(item, link) for link in self.within(item)}
        order = [name for name in traits.get("MATLAB_fields") or () if name in found]
        fields = {name: found[name] for name in dict.fromkeys([*order, *found])}
        if fields and all(map(holds_elements, fields.values())):
            return self._elements(fields, label)
        return {name: self.decoded(field, f"{label}.{name}") for name, field in fields.items()}

    def _elements(self, fields: dict[str, h5py.Dataset], label: str) -> Any:
        """Return a struct array, each of whose fields is a dataset of references, one an element."""
        columns = {name: self._references(field) for name, field in fields.items()}
        shape = next(iter(columns.values())).shape
        if any(column.shape != shape for column in columns.values()):
            raise FormatError("a struct array whose fields are not as many as each other")
        flat = {name: column.reshape(-1, order="F") for name, column in columns.items()}
        places = [f"{label}({matlab.subscript(k, shape)})" for k in range(math.prod(shape))]
        elements = (
            {name: self._referred(column[k], f"{at}.{name}") for name, column in flat.items()}
            for k, at in enumerate(places)
        )
        return structs(shape, tuple(fields), tuple(elements))


def _old(class_: str, stored: Any) -> Object:
    """Return objects of a class of old (@class folders), which are stored as structs."""
    if isinstance(stored, StructArray):
        return Object(class_, stored.shape, stored.elements)
    return Object(class_, (1, 1), (stored,))
