"""The corpus by other packages than ours: files of its values written by NumPy, h5py, SciPy, zarr, and read again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import safetensors.numpy
import scipy.io
import scipy.sparse
import zarr
from v73 import Refs, classed, fields, numbers, put, sparse, v73

from pybn.values import Cell, CharArray, StructArray

Values = Mapping[str, Any]
Parts = tuple[str, ...]


# --- written


def write_v73(path: Path, values: Values) -> None:
    """Write MATLAB's v7.3 as MATLAB lays it out."""
    with v73(path) as file:
        refs = Refs(file)
        for name, value in values.items():
            _put(refs, file, name, value)


def _put(refs: Refs, parent: Any, name: str, value: Any) -> Any:
    if scipy.sparse.issparse(value):
        real = value.dtype.kind != "c"
        data = value.data.astype(np.uint8) if value.dtype == bool else value.data
        data = data if real else data.view(np.dtype([("real", "f8"), ("imag", "f8")]))
        class_ = "logical" if value.dtype == bool else "double"
        return sparse(parent, name, value.shape[0], value.indptr, value.indices, data, class_)
    if isinstance(value, np.ndarray):
        return numbers(parent, name, value)
    if isinstance(value, str | CharArray):
        return _text(parent, name, value)
    if isinstance(value, Cell):
        if not value.items:
            return numbers(parent, name, np.zeros(value.shape), "cell")
        return refs.cell(parent, name, [_put(refs, *refs.next(), item) for item in value.items], value.shape)
    if isinstance(value, StructArray) and not value.elements:
        empty = put(parent, name, np.array(value.shape, np.uint64), "struct", {"MATLAB_empty": np.uint8(1)})
        return fields(empty, *value.fields)
    group = fields(classed(parent.create_group(name), "struct"), *getattr(value, "fields", value))
    if isinstance(value, StructArray):
        for field in value.fields:
            items = [_put(refs, *refs.next(), element[field]) for element in value.elements]
            refs.array(group, field, items, value.shape)
        return group
    for field, item in value.items():
        _put(refs, group, field, item)
    return group


def _text(parent: Any, name: str, value: str | CharArray) -> Any:
    x = letters(value)
    attrs = {"MATLAB_int_decode": np.int32(2)}
    if not x.size:
        return put(parent, name, np.array(x.shape, np.uint64), "char", attrs | {"MATLAB_empty": np.uint8(1)})
    return put(parent, name, x.view(np.uint32).astype(np.uint16).T, "char", attrs)


def letters(value: str | CharArray) -> Any:
    """Return text as an array of letters of MATLAB's shape."""
    if isinstance(value, str):
        return np.array(list(value), "U1").reshape((1, -1) if value else (0, 0))
    rows, columns, *pages = value.shape
    made = np.empty(value.shape, "U1")
    for k, row in enumerate(value.rows):
        at = np.unravel_index(k, (rows, *pages), order="F")
        made[(at[0], slice(columns), *at[1:])] = list(row)
    return made


def scipys(value: Any) -> Any:
    """Return a value as SciPy writes it."""
    if isinstance(value, Cell):
        items = np.empty(len(value.items), object)
        items[:] = [scipys(item) for item in value.items]
        return items.reshape(value.shape, order="F")
    if isinstance(value, Mapping):
        return {name: scipys(item) for name, item in value.items()}
    return np.array(value.rows) if isinstance(value, CharArray) else value


def write(path: Path, values: Values) -> None:
    """Write arrays by the package that the format is from."""
    if path.suffix == ".npz":
        np.savez(path, **values)
    elif path.suffix == ".safetensors":
        safetensors.numpy.save_file(
            {k: np.ascontiguousarray(x).reshape(x.shape) for k, x in values.items()}, path
        )
    elif path.suffix == ".zarr":
        root = zarr.open_group(path, mode="w")
        for name, x in values.items():
            root.create_array(name, data=np.ascontiguousarray(x).reshape(x.shape))
    else:
        with h5py.File(path, "w") as file:
            for name, x in values.items():
                file[name] = x.astype(object) if x.dtype.kind == "U" else x


# --- read


def read(path: Path) -> dict[str, Any]:
    """Return all arrays and texts of a file by their whole names, by the package that the format is from."""
    if path.suffix == ".npy":
        return {path.stem: np.load(path)}
    if path.suffix == ".npz":
        with np.load(path) as file:
            return dict(file)
    if path.suffix == ".safetensors":
        return dict(safetensors.numpy.load_file(path))
    found: dict[str, Any] = {}
    if path.suffix == ".zarr":
        root = zarr.open_group(path, mode="r")
        arrays = {name: item for name, item in root.members(max_depth=None) if isinstance(item, zarr.Array)}
        return {name: np.asarray(item[...]) for name, item in arrays.items()} | {
            name: np.array(text) for name, text in root.attrs.items()
        }

    def take(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            textual = h5py.check_string_dtype(item.dtype)
            found[name] = np.asarray(item.asstr()[()], np.str_) if textual else np.asarray(item[()])

    with h5py.File(path) as file:
        file.visititems(take)
    return found


def of_scipy(x: Any) -> Any:
    """Return what SciPy loads in our terms."""
    if scipy.sparse.issparse(x):
        return x.toarray()
    if x.dtype.names is not None and not x.size:
        return StructArray(x.shape, x.dtype.names, ())
    if x.dtype.names is not None or (x.dtype == object and x.shape == (1, 1) and x[0, 0] is None):
        return {name: of_scipy(x[0, 0][name]) for name in x.dtype.names or ()}
    if x.dtype == object:
        return Cell(x.shape, tuple(of_scipy(item) for item in x.ravel(order="F")))
    if x.dtype.kind != "U":
        return x.astype(x.dtype.newbyteorder("="))
    rows, columns, *pages = x.shape
    if (rows == 1 and not pages) or x.shape == (0, 0):
        return "".join(x.ravel())
    count = math.prod([rows, *pages])
    turned = np.moveaxis(x, 1, -1).reshape((count, columns), order="F")
    return CharArray(x.shape, tuple("".join(row) for row in turned))


# --- what has to be in a file of arrays, said apart from the code that is tested


def flat(value: Any, parts: Parts) -> dict[Parts, Any]:
    """Return the arrays of a value by the parts of their names; csc matrices as their three parts."""
    if scipy.sparse.issparse(value):
        return {(*parts, name): getattr(value, name) for name in ("data", "indices", "indptr")}
    inner: dict[Parts, Any] = {}
    if isinstance(value, Cell | StructArray):
        for name, item in _items(value):
            inner |= flat(item, (*parts, name))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            inner |= flat(item, (*parts, name))
    elif isinstance(value, str):
        return {parts: np.array(value)}
    elif isinstance(value, CharArray):
        return {parts: np.array(value.rows, np.str_)}
    else:
        return {parts: np.asarray(value)}
    shape = getattr(value, "shape", (0, 0))
    return inner or {parts: np.zeros(shape)}


def tree(value: Any, *, logical: Any = bool) -> Any:
    """Return what .mat has to hold of a value: structs for cells and struct arrays, other values as they are.

    `logical` is the dtype that a reader has for it; SciPy's is uint8.
    """
    if isinstance(value, Cell | StructArray) and (items := _items(value)):
        return {f"x{name}": tree(item, logical=logical) for name, item in items}
    if isinstance(value, Mapping):
        return {name: tree(item, logical=logical) for name, item in value.items()}
    if scipy.sparse.issparse(value):
        value = value.toarray()
    if isinstance(value, np.ndarray) and value.dtype.kind == "U":
        return Cell(value.shape, tuple(value.ravel(order="F").tolist())) if value.ndim else str(value)
    if isinstance(value, np.ndarray):
        shape = (1,) * (2 - value.ndim) + value.shape
        while len(shape) > 2 and shape[-1] == 1:
            shape = shape[:-1]
        return value.astype(logical if value.dtype == bool else value.dtype).reshape(shape)
    return value


def _items(value: Cell | StructArray) -> list[tuple[str, Any]]:
    """Return what there is in a value by its subscripts: one in a vector, else one a dimension."""
    items: Any = value.items if isinstance(value, Cell) else value.elements
    single = sum(n != 1 for n in value.shape) <= 1
    places = [np.unravel_index(k, value.shape, order="F") for k in range(len(items))]
    names = [[k + 1] if single else [int(n) + 1 for n in at] for k, at in enumerate(places)]
    return [("_".join(map(str, name)), item) for name, item in zip(names, items, strict=True)]
