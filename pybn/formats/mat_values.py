"""The values in .mat files before HDF5 (v4 to v7), by SciPy, in `pybn.values`' terms."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.io
import scipy.sparse
from scipy.io.matlab import MatlabFunction, MatlabObject, MatlabOpaque

from pybn.errors import FormatError
from pybn.formats.variables import LARGEST
from pybn.values import Cell, CharArray, Foreign, StructArray


def names(path: str) -> list[str]:
    """Return the names of the variables of a file. Raises whatever SciPy raises on a bad one."""
    return [name for name, _, _ in scipy.io.whosmat(path)]


def value(path: str, name: str) -> Any:
    """Return a variable of a file with the classes that MATLAB has. Raises FormatError and what SciPy raises."""
    # SciPy knows MATLAB's classes in one way of reading, in which it drops imaginary parts, and those in the other.
    classes, numbers = (_loaded(path, name, as_in_matlab=flag) for flag in (True, False))
    return _value(classes, numbers)


def _loaded(path: str, name: str, *, as_in_matlab: bool) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = scipy.io.loadmat(
            path, variable_names=[name], mat_dtype=as_in_matlab, chars_as_strings=False, struct_as_record=True
        )
    if name not in found:
        raise FormatError(f"the variable {name} cannot be read")
    return found[name]


def _value(x: Any, numbers: Any) -> Any:
    """Return a value of these classes and these numbers."""
    if scipy.sparse.issparse(x):
        if np.prod(x.shape) * 16 > LARGEST:
            raise FormatError(f"a sparse matrix of shape {list(x.shape)} is too large to be made full")
        return _numbers(x.toarray(), numbers.toarray())
    if isinstance(x, MatlabOpaque | MatlabFunction):
        return Foreign("function_handle" if isinstance(x, MatlabFunction) else _class_of(x))
    if isinstance(x, MatlabObject):
        return Foreign(str(x.classname))
    if not isinstance(x, np.ndarray):
        raise FormatError(f"wanted a MATLAB value, got {type(x).__name__}")
    if x.dtype.names:
        return _structs(x, numbers)
    if x.dtype.kind == "O":
        pairs = zip(x.reshape(-1, order="F"), numbers.reshape(-1, order="F"), strict=True)
        return Cell(x.shape, tuple(_value(*pair) for pair in pairs))
    return _text(x) if x.dtype.kind == "U" else _numbers(x, numbers)


def _numbers(x: Any, numbers: Any) -> Any:
    if numbers.dtype.kind == "c":
        return numbers.astype(np.complex64 if x.dtype == np.float32 else np.complex128)
    if x.dtype.kind not in "biuf":
        raise FormatError(f"wanted numbers, got {x.dtype}")
    return np.asarray(x.astype(x.dtype.newbyteorder("="), copy=False))


def _class_of(x: Any) -> str:
    try:
        return bytes(x[0]["s2"]).decode() if isinstance(x[0]["s2"], bytes) else str(x[0]["s2"])
    except (IndexError, KeyError, ValueError):
        return "an object"


def _structs(x: Any, numbers: Any) -> Any:
    fields = tuple(x.dtype.names)
    pairs = zip(x.reshape(-1, order="F"), numbers.reshape(-1, order="F"), strict=True)
    elements = tuple({name: _value(a[name], b[name]) for name in fields} for a, b in pairs)
    return elements[0] if len(elements) == 1 else StructArray(x.shape, fields, elements)


def _text(x: Any) -> Any:
    """Take characters, of which NumPy drops a NUL."""
    told = np.where(x == "", "\0", x)
    if x.ndim == 2 and (x.shape[0] == 1 or x.size == 0):
        return "".join(told.reshape(-1).tolist())
    rows = np.moveaxis(told, 1, -1).reshape(-1, x.shape[1], order="F") if x.ndim > 2 else told
    return CharArray(x.shape, tuple("".join(row.tolist()) for row in rows))
