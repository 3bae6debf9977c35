"""MATLAB v7.3 files laid out with h5py by hand as MATLAB lays them out, since Octave cannot write any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

CLASSES = {"float64": "double", "float32": "single", "bool": "logical"}
HEADER = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Tue Jan  2 03:04:05 2024 HDF5 schema 1.00 ."


@contextmanager
def v73(path: Path) -> Iterator[h5py.File]:
    """Write a file; what stands before the HDF5 is written last."""
    with h5py.File(path, "w", userblock_size=512) as file:
        yield file
    with path.open("r+b") as raw:
        raw.write(HEADER.ljust(116) + bytes(8) + b"\0\2IM")


def put(
    parent: Any, name: str, data: Any, class_: str, attrs: Mapping[str, Any] | None = None, **how: Any
) -> Any:
    """Write a dataset with its class."""
    dataset = parent.create_dataset(name, data=data, **how)
    return classed(dataset, class_, **attrs or {})


def classed(item: Any, class_: str, **attrs: Any) -> Any:
    item.attrs["MATLAB_class"] = np.bytes_(class_)
    for key, value in attrs.items():
        item.attrs[key] = value
    return item


def numbers(parent: Any, name: str, x: Array, class_: str = "", **how: Any) -> Any:
    """Write a numeric or logical array, of two dimensions or more; empty as its size."""
    real = x.real.dtype.name
    class_ = class_ or CLASSES.get(real, real)
    attrs: dict[str, Any] = {"MATLAB_int_decode": np.int32(1)} if class_ == "logical" else {}
    if not x.size:
        return put(parent, name, np.array(x.shape, np.uint64), class_, attrs | {"MATLAB_empty": np.uint8(1)})
    if x.dtype.kind == "c":
        pairs = np.empty(x.shape, [("real", real), ("imag", real)])
        pairs["real"], pairs["imag"] = x.real, x.imag
        x = pairs
    return put(parent, name, (x.astype(np.uint8) if class_ == "logical" else x).T, class_, attrs, **how)


def text(parent: Any, name: str, rows: str | Sequence[str]) -> Any:
    """Write a char array of one row or several, or of none."""
    units = [
        np.frombuffer(row.encode("utf-16-le"), np.uint16)
        for row in ([rows] if isinstance(rows, str) else rows)
    ]
    attrs = {"MATLAB_int_decode": np.int32(2)}
    if not units or not units[0].size:
        shape = (0, 0) if rows in ("", []) else (len(units), 0)
        return put(parent, name, np.array(shape, np.uint64), "char", attrs | {"MATLAB_empty": np.uint8(1)})
    return put(parent, name, np.array(units).T, "char", attrs)


class Refs:
    """What cells and struct arrays hold: objects in `#refs#`, under names of one letter after the other."""

    def __init__(self, file: h5py.File) -> None:
        self.group = file.create_group("#refs#")
        self._names = (f"{k:04x}" for k in count())

    def next(self) -> tuple[h5py.Group, str]:
        return self.group, next(self._names)

    def cell(self, parent: Any, name: str, items: Any, shape: tuple[int, ...]) -> Any:
        """Write a cell of objects of the file, in MATLAB's order; None is a reference to nothing."""
        return classed(self.array(parent, name, items, shape), "cell")

    def array(self, parent: Any, name: str, items: Any, shape: tuple[int, ...]) -> Any:
        dataset = parent.create_dataset(name, shape[::-1], h5py.ref_dtype)
        flat = np.empty(len(items), object)
        flat[:] = [h5py.Reference() if item is None else item.ref for item in items]
        dataset[...] = flat.reshape(shape[::-1])
        return dataset


def fields(item: Any, *names: str) -> Any:
    """Say in which order a struct's fields are."""
    value = np.empty(len(names), object)
    value[:] = [np.array(list(name.encode()), np.uint8).view("S1") for name in names]
    item.attrs.create("MATLAB_fields", value, dtype=h5py.vlen_dtype(np.dtype("S1")))
    return item


def sparse(
    parent: Any, name: str, rows: int, jc: Any, ir: Any = None, data: Any = None, class_: str = "double"
) -> Any:
    group = classed(parent.create_group(name), class_, MATLAB_sparse=np.uint64(rows))
    group["jc"] = np.array(jc, np.uint64)
    if data is not None:
        group["ir"], group["data"] = np.array(ir, np.uint64), data
    return group
