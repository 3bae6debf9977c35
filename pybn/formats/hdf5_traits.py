"""What MATLAB says about an object of HDF5 in its attributes, and how HDF5's elements are those of a class."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from pybn.errors import FormatError
from pybn.formats.hdf5_heaps import refuse_endless
from pybn.formats.hdf5_items import attribute, bytes_of, decode
from pybn.formats.hdf5_lazy import Elements
from pybn.formats.matlab_values import dtype_of

COMPLEX = (("real", "imag"), ("r", "i"), ("re", "im"), ("Re", "Im"), ("real", "imaginary"))
_CLASS = b"MATLAB_class"
_KEPT = {b"MATLAB_class", b"MATLAB_empty", b"MATLAB_fields", b"MATLAB_object_decode", b"MATLAB_sparse"}
_WIDTH = 256
_TEXT = h5py.h5t.C_S1.copy()
_TEXT.set_size(_WIDTH)
_MOST_FIELDS = 1 << 20  # bytes of the list of a struct's fields


def traits_of(item: Any) -> dict[str, Any]:
    """Return the attributes of MATLAB's that an object has. Raises FAULTS where one is damaged."""
    found: list[bytes] = []
    h5py.h5a.iterate(item.id, found.append)
    traits: dict[str, Any] = {}
    for name in found:
        if name == _CLASS:
            traits["MATLAB_class"] = _class(item)
        elif name == b"MATLAB_fields":
            traits["MATLAB_fields"] = _fields(item)
        elif name in _KEPT:
            traits[decode(name)] = attribute(item, decode(name))
    return traits


def _class(item: Any) -> str:
    """Return the class, by a shorter way than h5py's, as every element of a cell has one."""
    handle = h5py.h5a.open(item.id, _CLASS)
    kind = handle.get_type()
    if kind.get_class() != h5py.h5t.STRING or kind.is_variable_str() or kind.get_size() >= _WIDTH:
        return str(attribute(item, "MATLAB_class"))
    text = np.zeros((), f"S{_WIDTH}")
    handle.read(text, mtype=_TEXT)
    return decode(bytes(text[()]))


def _fields(item: Any) -> list[str]:
    """Return the names of a struct's fields in MATLAB's order: each an array of characters."""
    handle = h5py.h5a.open(item.id, b"MATLAB_fields")
    if bytes_of(handle) > _MOST_FIELDS:
        return []
    refuse_endless(item)
    if isinstance(item.attrs["MATLAB_fields"], h5py.Empty):
        return []
    names = np.ravel(item.attrs["MATLAB_fields"])
    return [
        decode(b"".join(np.ravel(name).tolist())) if isinstance(name, np.ndarray) else decode(bytes(name))
        for name in names
    ]


def elements_of(found: np.dtype[Any], class_: str = "") -> Elements:
    """Return how the elements of a dataset are those of a class; without one, as they are. Raises FormatError."""
    native = found.newbyteorder("=")
    if found.names is not None:
        return _complex(found, class_)
    if native.kind == "c":
        return Elements(native, native)
    wanted = dtype_of(class_) if class_ else native
    if wanted is None or native.kind not in "biuf":
        raise FormatError(f"elements of {found}, which are no numbers")
    if wanted.kind == "b":
        return Elements(native if native.itemsize == 1 else np.dtype("u8"), wanted)
    if not np.can_cast(native, wanted, "safe"):
        raise FormatError(f"elements of {found}, which the class {class_} does not hold")
    return Elements(wanted, wanted)


def _complex(found: np.dtype[Any], class_: str) -> Elements:
    """Return how pairs are complex numbers; complex integers, of which NumPy has no dtype, are complex128."""
    names = found.names or ()
    parts = [found[name].newbyteorder("=") for name in names]
    if names not in COMPLEX or parts[0] != parts[1] or parts[0].kind not in "iuf":
        raise FormatError(f"elements of {found}, which are no numbers")
    wanted = (dtype_of(class_) if class_ else None) or parts[0]
    if wanted.kind == "b" or not np.can_cast(parts[0], wanted, "safe"):
        raise FormatError(f"elements of {found}, which the class {class_} does not hold")
    dtype = np.result_type(wanted, np.complex64) if wanted.kind == "f" else np.dtype(np.complex128)
    return Elements(np.dtype([(name, wanted) for name in names]), dtype)
