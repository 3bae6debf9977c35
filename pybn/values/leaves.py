"""What a nested MATLAB value ends in, and the path to it, as MATLAB writes it: s.weights{2}.bias, m('key')."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pybn.values.model import Cell, Foreign, Map, StructArray


def leaves(value: Any, name: str = "") -> dict[str, Any]:
    """Return path -> leaf of a MATLAB value: arrays, texts, objects, and what is empty: {}, a struct without fields.

    `name` is what paths start with. A value that is no cell and no struct is its own leaf.
    """
    return dict(_leaves(value, name))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    inner = list(children(value, path))
    if not inner:
        yield path, value
    for place, child in inner:
        yield from _leaves(child, place)


def children(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield what a cell, a struct, a struct array or a map holds, with its path; nothing for other values."""
    if isinstance(value, Mapping):
        yield from ((f"{path}.{name}" if path else str(name), item) for name, item in value.items())
    elif isinstance(value, Cell):
        for k, item in enumerate(value.items):
            yield f"{path}{{{subscript(k, value.shape)}}}", item
    elif isinstance(value, StructArray):
        for k, element in enumerate(value.elements):
            yield f"{path}({subscript(k, value.shape)})", element
    elif isinstance(value, Map):
        for key, item in zip(value.keys, value.items, strict=True):
            yield f"{path}({key!r})" if isinstance(key, str) else f"{path}({key:g})", item


def subscript(index: int, shape: tuple[int, ...]) -> str:
    """Return the subscripts of element `index`, from 0 in MATLAB's order: "3" in a vector, else "2,1"."""
    if sum(extent != 1 for extent in shape) <= 1:
        return str(index + 1)
    places = []
    for extent in shape:
        index, place = divmod(index, extent)
        places.append(str(place + 1))
    return ",".join(places)


def foreign(value: Any, name: str = "") -> dict[str, Foreign]:
    """Return path -> object of all that is in a value and did not leave Octave."""
    return {path: leaf for path, leaf in leaves(value, name).items() if isinstance(leaf, Foreign)}
