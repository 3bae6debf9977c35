"""What a file holds as arrays with a path each: structs, cells and objects taken apart, nothing left out in silence."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats.lazy import InMemory, LazyArray
from pybn.values import Cell, CharArray, Foreign, Map, Object, StructArray, describe
from pybn.values.columns import Columns
from pybn.values.leaves import subscript

DEEPEST = 64
MOST = 1_000_000
ANY = "any"  # where an object keeps what the saveobj of its class returned: no part of a name
HALF = re.compile("[\ud800-\udfff]")  # of a pair that is one character in UTF-16
LARGEST_TEXTS = 1 << 28  # bytes of an array of texts, each of which takes as much as the longest


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
    """Yield the arrays of a value. Empty structs and cells are arrays without elements that say what they were.

    What an object holds of an object that it is in is left out. Raises FormatError for more than MOST arrays, which
    objects that share others can stand for.
    """
    for k, leaf in enumerate(_leaves(name, (name,), value, ())):
        if k == MOST:
            raise FormatError(f"{name}: wanted at most {MOST:,} arrays in one value")
        yield leaf


def _leaves(path: str, parts: tuple[str, ...], value: Any, within: tuple[int, ...]) -> Iterator[Leaf]:
    """`within` has the identities of what a value is in."""
    if problem := _problem(value, within):
        yield Leaf(path, parts, None, getattr(value, "class_name", ""), problem=problem)
    elif isinstance(value, LazyArray):
        yield Leaf(path, parts, value, matlab_class(value.dtype))
    elif isinstance(value, str | CharArray):
        yield _text(path, parts, value)
    elif isinstance(value, np.ndarray):
        yield Leaf(path, parts, InMemory(value), matlab_class(value.dtype))
    elif hasattr(value, "indptr"):
        yield from _sparse(path, parts, value)
    elif inner := list(_inside(value)):
        for step, part, item in inner:
            yield from _leaves(path + step, (*parts, *part), item, (*within, _identity(value)))
    else:
        shape = getattr(value, "shape", (1, 1))
        data = InMemory(np.zeros(shape if 0 in shape else (0, 0)))
        fields = {"fields": json.dumps(value.fields)} if isinstance(value, StructArray) else {}
        yield Leaf(path, parts, data, _kind(value), {"shape": _shape(shape), **fields})


def _problem(value: Any, within: tuple[int, ...]) -> str:
    """Say why a value cannot be arrays, "" where it can."""
    if isinstance(value, Foreign):
        return describe(value)
    if len(within) > DEEPEST:
        return f"goes deeper than {DEEPEST} levels"
    return "an object that this one is in" if _identity(value) in within else ""


def _identity(value: Any) -> int:
    """Return what tells a value from others; of a single object it is that of what it holds."""
    alone = isinstance(value, Object) and isinstance(value.properties, tuple) and len(value.properties) == 1
    return id(value.properties[0] if alone else value)


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
            text = key if isinstance(key, str) else f"{int(key) if key == int(key) else key}"
            yield f'("{text}")' if isinstance(key, str) else f"({text})", (text,), item
    elif isinstance(value, StructArray):
        for k, element in enumerate(value.elements):
            at = subscript(k, value.shape)
            yield f"({at})", (at.replace(",", "_"),), element
    elif isinstance(value, Object):
        yield from _objects(value)


def _objects(value: Object) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """Yield the properties of one object, or each of many as one; what is kept as columns as these."""
    if isinstance(value.properties, Columns):
        for name, item in (value.properties.each | value.properties.common).items():
            yield f".{name}", (name,), _texts(item)
    elif len(value.properties) == 1:
        for name, item in value.properties[0].items():
            yield f".{name}", () if name == ANY else (name,), item
    else:
        names = _names(value)
        for k, element in enumerate(value.properties):
            at = subscript(k, value.shape)
            one = Object(value.class_of(k), (1, 1), (element,))
            yield f"({at})", (names[k] or at.replace(",", "_"),), one


def _names(value: Object) -> list[str]:
    """Return what the elements of an array of objects are called: by their names, where each has one of its own."""
    inner = [element.get(ANY, element) for element in value.properties]
    names = [element.get("Name") if isinstance(element, Mapping) else None for element in inner]
    texts = [name for name in names if isinstance(name, str) and name]
    return texts if len(set(texts)) == len(names) else [""] * len(names)


def joined(value: Any) -> Any:
    """Return a value of which cells of texts are arrays, in structs too: what was written from arrays of texts."""
    if isinstance(value, Mapping):
        return {name: joined(item) for name, item in value.items()}
    return _texts(value)


def _texts(column: Any) -> Any:
    """Return a cell of texts as one array, where that does not take too much."""
    if not isinstance(column, Cell) or not all(isinstance(item, str) for item in column.items):
        return column
    longest = max(map(len, column.items), default=0)
    if 4 * longest * len(column.items) > LARGEST_TEXTS:
        return column
    return np.array(column.items, f"U{max(longest, 1)}").reshape(column.shape, order="F")


def _text(path: str, parts: tuple[str, ...], value: str | CharArray) -> Leaf:
    """Return text: of an array its rows. What no format holds as text, NUL or half a pair, are numbers in UTF-16."""
    rows = (value,) if isinstance(value, str) else value.rows
    about = {} if isinstance(value, str) else {"shape": _shape(value.shape)}
    if not any("\0" in row or HALF.search(row) for row in rows):
        data = np.array(value if isinstance(value, str) else rows, np.str_)
        return Leaf(path, parts, InMemory(data), "char", about)
    units = [np.frombuffer(row.encode("utf-16-le", "surrogatepass"), "<u2") for row in rows]
    if len({len(row) for row in units}) > 1:
        return Leaf(path, parts, None, "char", about, "text with NUL in it, of rows that differ in length")
    pages = value.shape[2:] if isinstance(value, CharArray) else ()
    stacked = np.array(units).reshape(*pages[::-1], len(rows) // math.prod(pages), -1)
    turned = np.moveaxis(stacked.transpose(), [0, 1], [1, 0])
    return Leaf(path, parts, InMemory(turned), "char", {**about, "text": "UTF-16 as numbers"})


def _sparse(path: str, parts: tuple[str, ...], value: Any) -> Iterator[Leaf]:
    about = {"format": "csc", "shape": _shape(value.shape)}
    narrow = max(*value.shape, value.nnz) < 1 << 31
    for name in ("data", "indices", "indptr"):
        x = np.asarray(getattr(value, name))
        data = InMemory(x if name == "data" else x.astype(np.int32 if narrow else np.int64, copy=False))
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
