"""The contents of a file that is read through `DataFile`, as rows: what Octave saves, .npy, .npz, safetensors, zarr."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats.contents import Contents, Row, Rows
from pybn.formats.datafile import DataFile, open_file
from pybn.formats.lazy import LazyArray
from pybn.values import Cell, CharArray, Foreign, Map, Object, StructArray
from pybn.values.columns import Columns
from pybn.values.leaves import subscript

CLASSES = {"bool": "logical", "float32": "single", "float64": "double"}
CLASSES |= {"complex64": "single complex", "complex128": "double complex"}


def contents(path: str) -> dict[str, Any]:
    """List a file. Raises FormatError where it is damaged."""
    with open_file(path) as file:
        rows = Rows()
        for name in list(file)[: rows.admit_top(len(file))]:
            _value(file, rows, name)
        return Contents(file.kind, [], rows.rows, rows.unlisted).encode()


def members(rows: Rows, row: Row, value: Any) -> None:
    """List what a value of MATLAB's holds below its row."""
    _members(rows, row, value, matlab=True)


def _value(file: DataFile, rows: Rows, name: str) -> None:
    try:
        value = file[name]
    except FormatError as error:
        rows.add(Row(name, 0, "unreadable", note=str(error).removeprefix(f"{file.path}: ")[:200]))
        return
    row = _row(name, 0, value, matlab=not file.row_major)
    row.axes = file.axes(name) or ()
    if rows.add(row):
        _members(rows, row, value, matlab=not file.row_major)


def _row(name: str, depth: int, value: Any, *, matlab: bool) -> Row:
    if isinstance(value, LazyArray | np.ndarray):
        type_ = CLASSES.get(value.dtype.name, value.dtype.name) if matlab else value.dtype.name
        return Row(name, depth, type_, tuple(value.shape), bytes=int(value.nbytes))
    if isinstance(value, str):
        return Row(name, depth, "char" if matlab else "text", (1, len(value)) if matlab else ())
    if hasattr(value, "indptr"):
        type_ = f"sparse {CLASSES.get(value.dtype.name, value.dtype.name)}"
        return Row(name, depth, type_, tuple(value.shape), note=f"{value.nnz:,} nonzeros")
    if isinstance(value, Foreign | Object | Map):
        type_ = f"{value.class_name}{' object' * (not isinstance(value, Foreign))}"
        return Row(name, depth, type_, getattr(value, "shape", (1, 1)))
    kinds = {Cell: "cell", StructArray: "struct", CharArray: "char"}
    return Row(name, depth, kinds.get(type(value), "struct"), getattr(value, "shape", (1, 1)))


def _members(rows: Rows, row: Row, value: Any, *, matlab: bool) -> None:
    inner = _inside(value)
    for name, item in inner[: rows.admit(row, len(inner))]:
        below = _row(name, row.depth + 1, item, matlab=matlab)
        rows.add(below)
        _members(rows, below, item, matlab=matlab)


def _inside(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return [(str(name), item) for name, item in value.items()]
    if isinstance(value, Cell):
        return [(f"{{{subscript(k, value.shape)}}}", item) for k, item in enumerate(value.items)]
    if isinstance(value, Object):
        return _objects(value)
    if isinstance(value, Map):
        keys = [f'("{key}")' if isinstance(key, str) else f"({key})" for key in value.keys]
        return list(zip(keys, value.items, strict=True))
    if isinstance(value, StructArray):
        return [(f"({subscript(k, value.shape)})", element) for k, element in enumerate(value.elements)]
    return []


def _objects(value: Object) -> list[tuple[str, Any]]:
    """Return the properties of one, each of many, or the columns of what has them."""
    properties = value.properties
    if isinstance(properties, Columns):
        return list((properties.each | properties.common).items())
    if len(properties) == 1:
        return [(str(name), item) for name, item in properties[0].items()]
    one = (1, 1)
    return [
        (f"({subscript(k, value.shape)})", Object(value.class_of(k), one, (element,)))
        for k, element in enumerate(properties)
    ]
