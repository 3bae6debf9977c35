"""What is done to a damaged file in a process of its own: all of it is read, the innermost value too."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse

import pybn
from pybn.errors import FileError, FormatError
from pybn.formats.lazy import LazyArray
from pybn.values import Cell, Map, Object, StructArray
from pybn.values.columns import Columns


def read(path: str) -> dict[str, Any]:
    """Read every value, and return how many there were, or what the error was, where it is not one that may be."""
    found: dict[str, Any] = {"values": 0, "errors": []}
    try:
        with pybn.open(path) as file:
            for name in file:
                _attempt(path, found, lambda name=name: _all(file[name], found, set()))
                _attempt(path, found, lambda name=name: file.axes(name))
    except (FormatError, FileError) as error:
        found["errors"].append(_message(path, error))
    except MemoryError:
        raise
    except BaseException:
        found["wrong"] = traceback.format_exc()[-1500:]
    return found


def _attempt(path: str, found: dict[str, Any], do: Any) -> None:
    """What one value raises does not keep the others from being read."""
    try:
        do()
    except (FormatError, FileError) as error:
        found["errors"].append(_message(path, error))


def _message(path: str, error: Exception) -> str:
    if not str(error).startswith(f"{path}: "):
        raise AssertionError(f"an error that does not start with the path: {error!r}") from error
    return str(error).removeprefix(f"{path}: ")


def _all(value: Any, found: dict[str, Any], within: set[int]) -> None:
    """Read an array, or all that a value holds; handle objects may hold each other."""
    found["values"] += 1
    if isinstance(value, LazyArray):
        x = np.asarray(value)
        if x.shape != value.shape or x.dtype != value.dtype:
            raise AssertionError(f"{x.shape} {x.dtype} read of {value}")
    elif scipy.sparse.issparse(value):
        value.check_format()
        if np.prod(value.shape, dtype=float) < 1e6:
            value.toarray()
        value.tocoo()
    elif id(value) not in within:
        for item in _inside(value):
            _all(item, found, {*within, id(value)})


def _inside(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, Cell | Map):
        return list(value.items)
    if isinstance(value, StructArray):
        return list(value.elements)
    if isinstance(value, Object):
        if isinstance(value.properties, Columns):
            return list((value.properties.each | value.properties.common).values())
        return list(value.properties)
    return []
