"""The values in HDF5 files, MATLAB's v7.3 and Octave's among them. No link is followed and no other file opened."""

from __future__ import annotations

import codecs
import math
from collections.abc import Callable, Sequence
from typing import Any

import h5py
import numpy as np
import numpy.ma  # which NumPy would otherwise load late, when no file can be opened

from pybn.errors import FormatError
from pybn.formats.hdf5_items import (
    FAULTS,
    attribute,
    links,
    members,
    no_other_file,
    opened,
    outside,
    small,
    text,
)
from pybn.formats.hdf5_matlab import MatlabWalk
from pybn.formats.hdf5_octave import OctaveWalk
from pybn.formats.variables import LARGEST, plain
from pybn.values import Cell, CharArray, Foreign, StructArray, to_matlab

Split = Callable[[Sequence[str]], tuple[str, list[str]]]
Walk = Callable[[Any, str, Sequence[str]], Any]
DEEPEST = 64
codecs.lookup("utf-16-le")  # which Python would otherwise load from a file when no file can be opened
MOST = 10_000  # members of a group, elements of a cell


def read(path: str, split: Split, walk: Walk, var: str) -> tuple[Any, bool]:
    """Return a variable, and whether its axes are MATLAB's. Raises FormatError."""
    try:
        with h5py.File(path, "r", locking="best-effort") as file, no_other_file():
            if not MatlabWalk.recognises(file):
                if OctaveWalk.recognises(file):
                    raise FormatError(
                        "is what Octave's `save -hdf5` wrote; save it again with `save -v7 FILE.mat`"
                    )
                return _array(_at(file, var or split(_names(file))[0])), False
            root, parts = split([name for name in _names(file) if not name.startswith("#")])
            return walk(_Matlab(file).value(_member(file, root), 0), root, parts), True
    except FAULTS as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"cannot be read: {error}") from error


def _names(group: h5py.Group) -> list[str]:
    return [link.name for link in links(group, MOST) if not link.type]


def _member(group: h5py.Group, name: str) -> Any:
    found = next((link for link in links(group, MOST) if link.name == name), None)
    if found is None or found.type:
        what = (
            f"a {found.type}, which is not followed"
            if found
            else f"not there; there are {', '.join(_names(group)[:12])}"
        )
        raise FormatError(f"{name} is {what}")
    return opened(group, found)


def _at(file: h5py.File, var: str) -> Any:
    item: Any = file["/"]
    for name in var.strip("/").split("/"):
        if not isinstance(item, h5py.Group):
            raise FormatError(f"{var}: there is no {name} in what is no group")
        item = _member(item, name)
    return item


def _array(item: Any) -> Any:
    """Return a dataset as NumPy has it, of text one string."""
    if not isinstance(item, h5py.Dataset):
        raise FormatError(f"wanted a dataset, got a group of {', '.join(_names(item)[:12])}")
    raw = _raw(item)
    if h5py.check_string_dtype(item.dtype) and item.shape == ():
        return text(raw)
    return to_matlab(plain(raw))


def _raw(item: h5py.Dataset) -> Any:
    if where := outside(item):
        raise FormatError(where)
    if item.shape is None:
        raise FormatError("a dataset without values")
    if math.prod(item.shape) * item.dtype.itemsize > LARGEST:
        raise FormatError(f"wanted at most {LARGEST >> 30} GiB, got {item.dtype}{list(item.shape)}")
    return item[()]


class _Matlab:
    """Reads the values of a v7.3 file: dimensions are reversed, cells and struct arrays hold references."""

    def __init__(self, file: h5py.File) -> None:
        self.file = file

    def value(self, item: Any, depth: int) -> Any:
        """Return what an object of the file stands for. Raises FormatError."""
        if depth > DEEPEST:
            raise FormatError(f"wanted at most {DEEPEST} levels of cells and structs")
        class_ = attribute(item, "MATLAB_class")
        if isinstance(item, h5py.Group):
            return self._group(item, class_, depth)
        if not isinstance(item, h5py.Dataset) or not isinstance(class_, str):
            raise FormatError("an object without a class, which MATLAB does not write")
        if attribute(item, "MATLAB_object_decode") is not None:
            return Foreign(class_)
        if attribute(item, "MATLAB_empty"):
            return self._empty(class_, tuple(int(n) for n in small(item)), item)
        if class_ == "cell":
            references = _raw(item).T
            return Cell(
                _two(references.shape),
                tuple(self._referred(r, depth) for r in references.reshape(-1, order="F")),
            )
        return self._numbers(item, class_)

    def _empty(self, class_: str, shape: tuple[int, ...], item: h5py.Dataset) -> Any:
        shape = _two(shape)
        if math.prod(shape):
            raise FormatError(f"an empty of shape {list(shape)}")
        if class_ == "cell":
            return Cell(shape, ())
        if class_ == "struct":
            return StructArray(shape, tuple(attribute(item, "MATLAB_fields") or ()), ())
        if class_ == "char":
            return "" if shape[0] in (0, 1) else CharArray(shape, ("",) * shape[0])
        return np.zeros(shape, _dtype("double" if class_ == "canonical empty" else class_))

    def _numbers(self, item: h5py.Dataset, class_: str) -> Any:
        raw = _raw(item).T
        raw = raw.reshape(_two(raw.shape), order="F")
        if class_ == "char":
            return _chars(raw)
        if class_ == "function_handle":
            return Foreign(class_)
        dtype = _dtype(class_)
        if raw.dtype.names == ("real", "imag"):
            return np.asfortranarray(raw["real"] + 1j * raw["imag"]).astype(
                np.result_type(dtype, np.complex64)
            )
        return raw.astype(dtype)

    def _group(self, item: h5py.Group, class_: Any, depth: int) -> Any:
        if attribute(item, "MATLAB_sparse") is not None:
            return self._sparse(item, str(class_))
        if class_ != "struct":
            return Foreign(str(class_))
        fields = members(item, MOST)
        order = [name for name in attribute(item, "MATLAB_fields") or () if name in fields]
        fields = {name: fields[name] for name in dict.fromkeys([*order, *fields])}
        if fields and all(_holds_elements(field) for field in fields.values()):
            return self._elements(fields, depth)
        return {name: self.value(field, depth + 1) for name, field in fields.items()}

    def _elements(self, fields: dict[str, h5py.Dataset], depth: int) -> Any:
        columns = {name: _raw(field).T for name, field in fields.items()}
        shape = _two(next(iter(columns.values())).shape)
        flat = {
            name: [self._referred(r, depth) for r in c.reshape(-1, order="F")] for name, c in columns.items()
        }
        count = math.prod(shape)
        if any(len(column) != count for column in flat.values()):
            raise FormatError("a struct array whose fields are not as many as each other")
        return StructArray(
            shape, tuple(flat), tuple({n: c[k] for n, c in flat.items()} for k in range(count))
        )

    def _sparse(self, item: h5py.Group, class_: str) -> Any:
        parts = members(item, 8)
        starts = _raw(parts["jc"]).astype(np.int64)
        shape = (int(attribute(item, "MATLAB_sparse")), len(starts) - 1)
        if math.prod(shape) * 16 > LARGEST:
            raise FormatError(f"a sparse matrix of shape {list(shape)} is too large to be made full")
        if "data" not in parts:
            return np.zeros(shape, _dtype(class_))
        data, rows = _raw(parts["data"]), _raw(parts["ir"]).astype(np.int64)
        if data.dtype.names == ("real", "imag"):
            data = data["real"] + 1j * data["imag"]
        full = np.zeros(shape, data.dtype if data.dtype.kind == "c" else _dtype(class_))
        full[rows, np.repeat(np.arange(shape[1]), np.diff(starts))] = data
        return full

    def _referred(self, reference: Any, depth: int) -> Any:
        if not reference:
            return np.zeros((0, 0))
        return self.value(self.file[reference], depth + 1)


def _two(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape, 1, 1)[: max(2, len(shape))]


def _dtype(class_: str) -> np.dtype[Any]:
    names = {"double": "float64", "single": "float32", "logical": "bool"}
    names |= {f"{u}int{n}": f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64)}
    if class_ not in names:
        raise FormatError(f"a value of class {class_}, which is not read")
    return np.dtype(names[class_])


def _chars(codes: Any) -> Any:
    """Take UTF-16 units as text, row by row."""
    if codes.ndim != 2:
        raise FormatError("a char array of more than two dimensions, which is not read")
    rows = tuple(row.astype("<u2").tobytes().decode("utf-16-le", "replace") for row in codes)
    return rows[0] if len(rows) == 1 else CharArray(codes.shape, rows)


def _holds_elements(field: Any) -> bool:
    if not isinstance(field, h5py.Dataset) or attribute(field, "MATLAB_class") is not None:
        return False
    return h5py.check_ref_dtype(field.dtype) is not None
