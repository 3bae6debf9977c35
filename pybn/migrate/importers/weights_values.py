"""Arrays of a plain file by their paths, such as W1 or cnn.layers{2}.k, and the order of their axes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.layers.base import Array
from pybn.migrate.importers.building import array, empty, full
from pybn.migrate.rules import Chain, permute
from pybn.values import Cell, Map, Object, StructArray, describe

_HEAD = re.compile(r"\w+")
_PART = re.compile(r"\.(\w+)|\{(\d+(?:,\d+)*)\}|\((\d+(?:,\d+)*)\)|\('([^']*)'\)")


def find(file: Mapping[str, Any], path: str) -> Any:
    """Return what is at a path: a variable, then .field, {k} of a cell, (k) of a struct array, ('key') of a map.

    Raises FormatError that says how far the path goes, and what is there.
    """
    if path in file:
        return file[path]
    head = _HEAD.match(path)
    at = head.end() if head else 0
    if head is None or head[0] not in file:
        raise FormatError(f"{path}: the file has no such variable; it has {_names(file)}")
    value: Any = file[head[0]]
    while at < len(path):
        part = _PART.match(path, at)
        if part is None:
            raise FormatError(f"{path}: wanted a path such as W1, net.W, layers{{2}}.k or layers(2).W")
        value = _inside(value, part, path[:at], path)
        at = part.end()
    return value


def _inside(value: Any, part: re.Match[str], so_far: str, path: str) -> Any:
    field, in_cell, in_array, key = part.groups()
    if isinstance(value, Object) and len(value.properties) == 1:
        value = value.properties[0]
    if field is not None and isinstance(value, Mapping) and field in value:
        return value[field]
    if key is not None and isinstance(value, Map) and key in value.keys:
        return value.items[value.keys.index(key)]
    if in_cell is not None and isinstance(value, Cell):
        return value.items[_index(in_cell, value.shape, path)]
    if in_array is not None and isinstance(value, StructArray):
        return value.elements[_index(in_array, value.shape, path)]
    if in_array is not None and isinstance(value, Mapping) and set(in_array.split(",")) == {"1"}:
        return value
    raise FormatError(f"{path}: {so_far} is {describe(value)}, in which there is no {part[0]}")


def _index(told: str, shape: Sequence[int], path: str) -> int:
    """Return the place, from 0, of MATLAB's index or indices from 1."""
    wanted = [int(n) - 1 for n in told.split(",")]
    sizes = [math.prod(shape)] if len(wanted) == 1 else list(shape)
    if len(sizes) != len(wanted) or any(not 0 <= k < n for k, n in zip(wanted, sizes, strict=True)):
        raise FormatError(f"{path}: wanted an index of {'x'.join(map(str, shape))}, got {told}")
    return sum(k * math.prod(sizes[:axis]) for axis, k in enumerate(wanted))


def numbers_at(file: Mapping[str, Any], path: str) -> Array:
    """Return the array at a path as it is in the file; cells of arrays are put together, see `together`."""
    value = find(file, path)
    if isinstance(value, Cell):
        return together(value, path)
    if empty(value):
        raise FormatError(f"{path}: is empty")
    return array(value, path)


def together(value: Cell, path: str) -> Array:
    """Return arrays in a cell as one, the axes of the cell last: k{i}{j} and k{i,j} of (kH, kW) as (kH, kW, i, j).

    Raises FormatError where they are not all of one shape.
    """
    if any(isinstance(item, Cell) for item in value.items):
        parts = [
            _stack(item.items if isinstance(item, Cell) else (item,), f"{path}{{{k + 1}}}")
            for k, item in enumerate(value.items)
        ]
        return np.stack(_alike(parts, path), axis=-2)
    made: Array = _stack(value.items, path)
    return made.reshape(*made.shape[:-1], *value.shape, order="F")


def _stack(items: Sequence[Any], path: str) -> Array:
    return np.stack(
        _alike([array(item, f"{path}{{{k + 1}}}") for k, item in enumerate(items)], path), axis=-1
    )


def _alike(items: Sequence[Array], path: str) -> Sequence[Array]:
    if not items or {item.shape for item in items} != {items[0].shape}:
        shapes = ", ".join("x".join(map(str, item.shape)) for item in items[:6])
        raise FormatError(f"{path}: wanted a cell of arrays of one shape, got {shapes or 'an empty one'}")
    return items


def ordered(path: str, value: Array, axes: Sequence[str], wanted: Sequence[str]) -> Chain:
    """Return the rules that put an array with these axes, in MATLAB's order, into the order `wanted`.

    Trailing axes of one that MATLAB dropped are put back. Raises FormatError.
    """
    shape = full(value, len(axes))
    if len(shape) > len(axes):
        raise FormatError(
            f"{path}: wanted an array of {len(axes)} axes, {' x '.join(axes)}, got {'x'.join(map(str, shape))}"
        )
    order = [list(axes).index(axis) for axis in wanted]
    chain = Chain.of(value.shape).to(*shape)
    return chain if order == sorted(order) else chain.then(permute(*order))


def axes_of(told: object, default: str, path: str) -> tuple[str, ...]:
    """Return the axes that a table names, each of those of `default` once. Raises FormatError."""
    axes = tuple(str(default if told is None else told).split())
    if not isinstance(told, str | None) or sorted(axes) != sorted(default.split()):
        raise FormatError(
            f"{path}: axes: wanted each of {default} once, such as {default!r}, got {told!r:.60}"
        )
    return axes


def _names(file: Mapping[str, Any]) -> str:
    told = [str(name) for name in file]
    return (", ".join(told[:12]) or "none") + (f" and {len(told) - 12} more" if len(told) > 12 else "")
