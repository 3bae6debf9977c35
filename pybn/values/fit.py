"""Bring what Python code answered to MATLAB's terms, where both say the same in the form of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.values.convert import NUMBERS
from pybn.values.model import Cell, CharArray, Foreign, Map, StructArray

Array = npt.NDArray[Any]

MATLAB = (Cell, StructArray, CharArray, Map, Foreign)
DEEPEST = 64


@dataclass(frozen=True, slots=True)
class Fit:
    """How values are fitted: with `shapes`, arrays have to have MATLAB's shape already."""

    shapes: bool = False

    def __call__(self, value: Any, like: Any, depth: int = 0) -> Any:
        """Return `value` as MATLAB would have it, in the form of `like`, a MATLAB value, as far as the rules allow.

        What has no counterpart stays as it is, and is like nothing.
        """
        if depth > DEEPEST:
            return Foreign("a value without end")
        if isinstance(value, Foreign | CharArray):
            return value
        if isinstance(value, Cell | StructArray | Map):
            return self._parts(value, like, depth)
        if isinstance(value, str):
            return str(value)
        if value is None:
            return np.zeros((0, 0)) if _is_empty(like) else None
        if isinstance(value, np.ndarray | np.generic):
            return self._array(value, like, depth)
        if isinstance(value, bool | int | float | complex):
            return _scalar(value, like)
        if isinstance(value, Mapping):
            return self._struct(value, like, depth)
        return self._other(value, like, depth)

    def _other(self, value: Any, like: Any, depth: int) -> Any:
        names = getattr(type(value), "_fields", None)
        if isinstance(value, tuple) and names and isinstance(like, Mapping):
            return self._struct(dict(zip(names, value, strict=True)), like, depth)
        if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
            return self._list(list(value), like, depth)
        if hasattr(value, "__array__"):
            return self._array(np.asarray(value), like, depth)
        if isinstance(like, Mapping) and like:
            return self._struct({n: getattr(value, n) for n in like if hasattr(value, n)}, like, depth)
        return Foreign(f"{type(value).__module__}.{type(value).__qualname__}")

    def _parts(self, value: Cell | StructArray | Map, like: Any, depth: int) -> Cell | StructArray | Map:
        if isinstance(value, Cell):
            return Cell(value.shape, self._items(value.items, like, depth))
        if isinstance(value, StructArray):
            return StructArray(value.shape, value.fields, self._items(value.elements, like, depth))
        return self._map(value, like, depth)

    def _map(self, value: Map, like: Any, depth: int) -> Map:
        guides = dict(zip(like.keys, like.items, strict=True)) if isinstance(like, Map) else {}
        pairs = zip(value.keys, value.items, strict=True)
        return Map(
            value.keys, tuple(self(item, guides.get(key), depth + 1) for key, item in pairs), value.key_type
        )

    def _struct(self, value: Mapping[Any, Any], like: Any, depth: int) -> Any:
        if isinstance(like, Map):
            try:
                return self._map(Map.of(value), like, depth)
            except (ValueError, TypeError, OverflowError):  # keys that no containers.Map has
                return Foreign(f"{type(value).__module__}.{type(value).__qualname__}")
        inner: Mapping[str, Any] = like if isinstance(like, Mapping) else {}
        return {str(name): self(item, inner.get(str(name)), depth + 1) for name, item in value.items()}

    def _items(self, items: Sequence[Any], like: Any, depth: int) -> tuple[Any, ...]:
        inner = _inner(like)
        guides = inner if len(inner) == len(items) else [None] * len(items)
        return tuple(self(item, guide, depth + 1) for item, guide in zip(items, guides, strict=True))

    def _list(self, items: list[Any], like: Any, depth: int) -> Any:
        if isinstance(like, Cell | StructArray):
            return self._container(items, like, depth)
        if isinstance(like, CharArray) and all(isinstance(item, str) for item in items):
            width = like.shape[1]
            padded = tuple(item.ljust(width) for item in items)
            shape = like.shape if len(padded) == len(like.rows) else (len(padded), width)
            return CharArray(shape, padded)
        numbers = _numbers(items, like)
        if numbers is not None:
            return self._array(numbers, like, depth) if isinstance(like, np.ndarray) else numbers
        return Cell((1, len(items)), self._items(items, None, depth)) if items else np.zeros((0, 0))

    def _container(self, items: list[Any], like: Cell | StructArray, depth: int) -> Any:
        """Take a list for a cell or a struct array: of a vector, or lists of lists, rows first."""
        shape = like.shape
        if len(shape) > 2 or 1 not in shape:
            flat = _flattened(items, shape)
            items, shape = (flat, shape) if flat is not None else (items, (1, len(items)))
        elif len(items) != len(_inner(like)):
            shape = (1, len(items))
        inner = self._items(items, like, depth)
        if isinstance(like, StructArray) and all(isinstance(e, dict) for e in inner):
            names = {tuple(sorted(e)) for e in inner} or {tuple(sorted(like.fields))}
            if len(names) == 1:
                return StructArray(shape, names.pop(), inner)
        return Cell(shape, inner)

    def _array(self, value: Array | np.generic, like: Any, depth: int) -> Any:
        x = np.asarray(value)
        if isinstance(value, np.ma.MaskedArray):
            return Foreign("masked array")
        if x.dtype.kind in "OUV" and (x.dtype.names or x.dtype.kind != "V"):
            return self._objects(x, like, depth)
        if x.dtype.char not in NUMBERS:
            return Foreign(f"NumPy's {x.dtype}")
        if isinstance(like, np.ndarray) and like.dtype.kind != x.dtype.kind:
            x = _narrowed(x, like)
        if not x.ndim and isinstance(value, np.generic):
            return x.reshape(1, 1)
        return x if self.shapes else x.reshape(_shape(x.shape, getattr(like, "shape", ())))

    def _objects(self, x: Array, like: Any, depth: int) -> Any:
        shape = _shape(x.shape, getattr(like, "shape", ()))
        if x.dtype.kind == "U" and not x.ndim:
            return str(x[()])
        flat = x.reshape(-1, order="F").tolist()
        if x.dtype.names:
            flat = [dict(zip(x.dtype.names, element, strict=True)) for element in flat]
        inner = self._items(flat, like, depth)
        if x.dtype.names:
            return inner[0] if x.size == 1 else StructArray(shape, tuple(x.dtype.names), inner)
        return Cell(shape, inner)


def _is_empty(like: Any) -> bool:
    return isinstance(like, np.ndarray) and like.shape == (0, 0) and like.dtype == np.float64


def _inner(like: Any) -> Sequence[Any]:
    if isinstance(like, Cell):
        return like.items
    return like.elements if isinstance(like, StructArray) else ()


def _scalar(value: complex, like: Any) -> Array:
    """Take a number for 1x1: an int for any class of numbers that holds it, others for their own."""
    x = np.full((1, 1), value)
    if x.dtype.kind == "O":  # an int of more than 64 bits
        return np.full((1, 1), _double(value))
    if isinstance(like, np.ndarray) and isinstance(value, int) and not isinstance(value, bool):
        return _whole(x, like)
    return _narrowed(x, like) if isinstance(like, np.ndarray) else x


def _double(value: complex) -> complex:
    """Return an int of any size as the nearest double, other numbers as they are."""
    if not isinstance(value, int):
        return value
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


def _whole(x: Array, like: Array) -> Array:
    """Bring ints of Python to the class of `like`, where it holds them; else to double."""
    wanted = like.dtype if like.dtype.kind in "iufc" else np.dtype(np.float64)
    with np.errstate(all="ignore"):
        cast = x.astype(wanted)
        same = bool((cast.real.astype(x.dtype) == x).all())
    return cast if same else x.astype(np.float64)


def _narrowed(x: Array, like: Array) -> Array:
    """MATLAB makes a complex number without an imaginary part real: neither of the two is wrong."""
    if x.dtype.kind == "c" and like.dtype.kind == "f" and not np.any(x.imag):
        return np.asarray(x.real)
    if x.dtype.kind == "f" and like.dtype.kind == "c":
        return x.astype(np.result_type(x.dtype, np.complex64))
    return x


def _shape(shape: tuple[int, ...], like: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape that MATLAB would have: of a vector that of `like`, if it is a row or a column as long."""
    while len(shape) > 2 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) > 1:
        return shape
    n = shape[0] if shape else 1
    if like in ((n, 1), (1, n)) or (n == 0 and like == (0, 0)):
        return like
    return (1, n)


def _numbers(items: list[Any], like: Any) -> Array | None:
    """Return lists of numbers, or of lists of them as long as each other, as an array; None for other lists."""
    flat: list[Any] = []
    level = items
    while level:
        if not all(isinstance(v, list | tuple) for v in level):
            flat = level
            break
        level = [v for inner in level for v in inner]
    plain = all(isinstance(v, bool | int | float | complex | np.number | np.bool_) for v in flat)
    if not plain or len({isinstance(v, bool | np.bool_) for v in flat}) > 1:
        return None
    try:
        x = np.array(items)
        if x.dtype.kind == "O":  # among them an int of more than 64 bits
            return np.array([_double(v) for v in flat]).reshape(x.shape)
    except (ValueError, OverflowError):
        return None
    if x.dtype.char not in NUMBERS:
        return None
    told = {type(v) for v in flat}
    if told <= {int} and isinstance(like, np.ndarray):
        return _whole(x, like)
    return x.astype(np.float64) if told <= {int} or not flat else x


def _flattened(items: list[Any], shape: tuple[int, ...]) -> list[Any] | None:
    """Return lists of lists of this shape in MATLAB's order; None where they are not of it."""
    found: dict[tuple[int, ...], Any] = {}

    def walk(value: Any, index: tuple[int, ...]) -> bool:
        if len(index) == len(shape):
            found[index] = value
            return True
        if not isinstance(value, list | tuple) or len(value) != shape[len(index)]:
            return False
        return all(walk(item, (*index, k)) for k, item in enumerate(value))

    if not walk(items, ()):
        return None
    return [found[index[::-1]] for index in np.ndindex(*shape[::-1])]


def fitted(expected: Any, obtained: Any, *, shapes: bool = False) -> tuple[Any, Any]:
    """Return both sides in MATLAB's terms, each in the form of the other; it does not matter whose is whose."""
    fit = Fit(shapes)
    first = fit(expected, obtained)
    second = fit(obtained, first)
    return fit(expected, second), second
