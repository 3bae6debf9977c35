"""One variable of a data file, as MATLAB has it. To be called where the file may do no harm: see `child`."""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.errors import FormatError
from pybn.formats.datafile import open_file
from pybn.formats.lazy import LazyArray
from pybn.values import Cell, Foreign, Map, Object, StructArray, describe, to_matlab

Array = npt.NDArray[Any]

PART = re.compile(r"\.?([^.{}()]+)|\{([\d,]+)\}|\(([\d,]+)\)")
SHOWN = 12  # names that an error lists
LARGEST = 1 << 30  # bytes of an array


def variable(path: str, var: str) -> tuple[Any, bool]:
    """Return a variable of a .mat (v4 to v7.3), .npy, .npz, HDF5 or other data file, and whether its axes are MATLAB's.

    `var` is a name, or a path into it: s.weights{2}, s(3).x; in a plain HDF5 file group/x. Where there is but one
    variable it may be "". Raises FormatError.
    """
    with Path(path).open("rb") as raw:
        start = raw.read(6)
    if start == b"\x93NUMPY":
        if var:
            raise FormatError(f"a .npy file holds one array without a name; leave var = {var!r} out")
        return to_matlab(plain(_npy(path))), False
    if start.startswith(b"PK"):
        return _npz(path, var), False
    with open_file(path) as file:
        if file.row_major:
            return to_matlab(here(file[_named(var.strip("/"), list(file))])), False
        root, parts = _split(var, list(file))
        return here(_walk(file[root], root, parts)), True


def _named(var: str, known: Sequence[str]) -> str:
    """Return the name of an array of a file without structs. Raises FormatError, naming what is there instead."""
    if var in known or not var:
        return _split(var, known)[0]
    if within := [name.removeprefix(f"{var}/") for name in known if name.startswith(f"{var}/")]:
        raise FormatError(f"wanted an array, got a group of {', '.join(within[:SHOWN])}")
    raise FormatError(f"{var} is not there; {_there(known)}")


def here(value: Any, maps: tuple[int, ...] = ()) -> Any:
    """Return a value with all arrays in it read and full, and all objects foreign. Raises FormatError.

    `maps` has the identities of the maps that it is in: none can be handed over that holds itself.
    """
    if isinstance(value, LazyArray) or hasattr(value, "toarray"):
        if math.prod(value.shape) * value.dtype.itemsize > LARGEST:
            raise FormatError(f"an array of shape {list(value.shape)} is too large to be read at once")
        return value.toarray() if hasattr(value, "toarray") else np.asarray(value)
    if isinstance(value, Mapping):
        return {name: here(item, maps) for name, item in value.items()}
    if isinstance(value, Cell):
        return Cell(value.shape, tuple(here(item, maps) for item in value.items))
    if isinstance(value, StructArray):
        elements = tuple(here(element, maps) for element in value.elements)
        return StructArray(value.shape, value.fields, elements)
    if isinstance(value, Map):
        if id(value) in maps:
            raise FormatError("a containers.Map that holds itself cannot be handed over")
        items = tuple(here(item, (*maps, id(value))) for item in value.items)
        return Map(value.keys, items, value.key_type, value.value_type)
    return Foreign(value.class_name) if isinstance(value, Object) else value


def _npy(path: str) -> Any:
    try:
        return np.load(path, allow_pickle=False)
    except ValueError as error:
        raise FormatError(f"cannot be read as .npy: {error}") from error


def _npz(path: str, var: str) -> Any:
    try:
        with np.load(path, allow_pickle=False) as file:
            root, parts = _split(var, list(file.files), whole=True)
            return _walk(to_matlab(plain(file[root])), root, parts)
    except (ValueError, zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"cannot be read as .npz: {error}") from error


def plain(value: Any) -> Array:
    """Return an array of a size and a dtype that can be handed on. Raises FormatError."""
    x = np.asarray(value)
    if x.nbytes > LARGEST:
        raise FormatError(f"wanted an array of at most {LARGEST >> 30} GiB, got {x.nbytes:,} bytes")
    if x.dtype.kind not in "biufcU":
        raise FormatError(f"wanted numbers, truth values or text, got {x.dtype}")
    return x


def _split(var: str, known: Sequence[str], *, whole: bool = False) -> tuple[str, list[str]]:
    """Return the name of a variable of the file, and the rest of the path into it."""
    if not var:
        if len(known) == 1:
            return known[0], []
        raise FormatError(f"say which variable is meant: var = ...; {_there(known)}")
    if var in known:
        return var, []
    parts = [match.group() for match in PART.finditer(var)]
    if whole or parts[0] not in known:
        raise FormatError(f"there is no variable {parts[0] if not whole else var!r}; {_there(known)}")
    return parts[0], parts[1:]


def _there(known: Sequence[str]) -> str:
    if not known:
        return "there is none"
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return f"there are {', '.join(sorted(known)[:SHOWN])}{more}"


def _walk(value: Any, path: str, parts: Sequence[str]) -> Any:
    """Return what a path into a value leads to. Raises FormatError, naming the step that does not."""
    for part in parts:
        match = PART.fullmatch(part)
        assert match is not None  # noqa: S101
        field, cell, element = match.groups()
        if field is not None and isinstance(value, Mapping) and field in value:
            value = value[field]
        elif cell is not None and isinstance(value, Cell) and (k := _index(cell, value.shape)) is not None:
            value = value.items[k]
        elif element is not None and isinstance(value, Mapping) and set(element) <= set("1,"):
            pass
        elif (
            element is not None
            and isinstance(value, StructArray)
            and (k := _index(element, value.shape)) is not None
        ):
            value = value.elements[k]
        else:
            raise FormatError(f"{path} is {describe(value)}: there is no {part}")
        path += part
    return value


def _index(text: str, shape: tuple[int, ...]) -> int | None:
    """Return the place of an element in MATLAB's order: of one subscript, or one a dimension, from 1."""
    at = [int(n) - 1 for n in text.split(",") if n]
    extents = (int(np.prod(shape)),) if len(at) == 1 else shape
    if len(at) != len(extents) or not all(0 <= k < n for k, n in zip(at, extents, strict=True)):
        return None
    return int(np.ravel_multi_index(at, extents, order="F"))
