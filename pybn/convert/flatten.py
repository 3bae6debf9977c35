"""What a file holds as arrays with a path each: structs, cells and objects taken apart, nothing left out in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pybn.formats.lazy import InMemory, LazyArray
from pybn.values import Cell, CharArray, Foreign, Map, Object, StructArray, describe
from pybn.values.leaves import subscript

DEEPEST = 64


@dataclass(frozen=True, slots=True)
class Leaf:
    """An array, or what cannot be one: `path` in MATLAB's words, `parts` for names, `class_name` MATLAB's class."""

    path: str
    parts: tuple[str, ...]
    data: LazyArray | None
    class_name: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""  # why there is no data


def leaves(name: str, value: Any) -> Iterator[Leaf]:
    """Yield the arrays of a value. Empty structs and cells are arrays without elements that say what they were."""
    yield from _leaves(name, (name,), value, 0)


def _leaves(path: str, parts: tuple[str, ...], value: Any, depth: int) -> Iterator[Leaf]:
    if depth > DEEPEST:
        yield Leaf(path, parts, None, problem=f"goes deeper than {DEEPEST} levels")
    elif isinstance(value, LazyArray):
        yield Leaf(path, parts, value, matlab_class(value.dtype))
    elif isinstance(value, str):
        yield Leaf(path, parts, InMemory(np.array(value)), "char")
    elif isinstance(value, CharArray):
        yield Leaf(path, parts, InMemory(np.array(value.rows)), "char", {"shape": _shape(value.shape)})
    elif isinstance(value, np.ndarray):
        yield Leaf(path, parts, InMemory(value), matlab_class(value.dtype))
    elif hasattr(value, "indptr"):
        yield from _sparse(path, parts, value)
    elif isinstance(value, Foreign):
        yield Leaf(path, parts, None, value.class_name, problem=describe(value))
    elif inner := list(_inside(value)):
        for step, part, item in inner:
            yield from _leaves(path + step, (*parts, *part), item, depth + 1)
    else:
        kind = _kind(value)
        shape = getattr(value, "shape", (1, 1))
        data = InMemory(np.zeros(shape if 0 in shape else (0, 0)))
        yield Leaf(path, parts, data, kind, {"shape": _shape(shape)})


def _inside(value: Any) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """Yield what a container holds: the step in MATLAB's words, the parts of a name, the item."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield f".{name}", (str(name),), item
    elif isinstance(value, Cell):
        for k, item in enumerate(value.items):
            at = subscript(k, value.shape)
            yield f"{{{at}}}", (at.replace(",", "_"),), item
    elif isinstance(value, Map):
        for key, item in zip(value.keys, value.items, strict=True):
            yield f'("{key}")' if isinstance(key, str) else f"({key:g})", (f"{key}",), item
    elif isinstance(value, StructArray | Object):
        elements = value.elements if isinstance(value, StructArray) else value.properties
        for k, element in enumerate(elements):
            at = subscript(k, value.shape)
            alone = len(elements) == 1
            for name, item in element.items():
                step = f".{name}" if alone else f"({at}).{name}"
                yield step, (str(name),) if alone else (at.replace(",", "_"), str(name)), item


def _sparse(path: str, parts: tuple[str, ...], value: Any) -> Iterator[Leaf]:
    about = {"format": "csc", "shape": _shape(value.shape)}
    for name in ("data", "indices", "indptr"):
        data = InMemory(np.asarray(getattr(value, name)))
        yield Leaf(f"{path}.{name}", (*parts, name), data, f"sparse {matlab_class(value.dtype)}", about)


def _kind(value: Any) -> str:
    kinds: tuple[tuple[type, str], ...] = ((Cell, "cell"), (StructArray, "struct"), (Mapping, "struct"))
    return next(
        (name for kind, name in kinds if isinstance(value, kind)), getattr(value, "class_name", "unknown")
    )


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def matlab_class(dtype: np.dtype[Any]) -> str:
    """Return what MATLAB calls a dtype."""
    names = {
        "b": "logical",
        "U": "char",
        "f4": "single",
        "f8": "double",
        "c8": "complex single",
        "c16": "complex double",
    }
    return names.get(dtype.kind, names.get(f"{dtype.kind}{dtype.itemsize}", dtype.name))
