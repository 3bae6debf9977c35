"""The MATLAB values that Python has no type of its own for, and what MATLAB would call a value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

CLASSES = {"bool": "logical", "float64": "double", "float32": "single"}
CLASSES |= {"complex128": "complex double", "complex64": "complex single"}


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A cell array: its shape, of two dimensions or more, and its items in MATLAB's order, column by column."""

    shape: tuple[int, ...]
    items: tuple[Any, ...]

    def __post_init__(self) -> None:
        _fill("cells", self.shape, self.items)


@dataclass(frozen=True, slots=True, eq=False)
class StructArray:
    """A struct array that is not 1x1: its shape, its fields, and its elements in MATLAB's order."""

    shape: tuple[int, ...]
    fields: tuple[str, ...]
    elements: tuple[Mapping[str, Any], ...]

    def __post_init__(self) -> None:
        _fill("structs", self.shape, self.elements)
        for element in self.elements:
            if set(element) != set(self.fields):
                raise ValueError(f"wanted structs with the fields {list(self.fields)}, got {list(element)}")


@dataclass(frozen=True, slots=True)
class CharArray:
    """A char array that is no row: its shape, and its rows, those of the first page first."""

    shape: tuple[int, ...]
    rows: tuple[str, ...]

    def __post_init__(self) -> None:
        _fill("rows", (self.shape[0], *self.shape[2:]), self.rows)


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """A containers.Map: its keys, all text or all numbers, each once, and a value for each.

    Keys are in MATLAB's order, which is the sorted one; `Map.of(mapping)` sees to that.
    """

    keys: tuple[str | float, ...]
    items: tuple[Any, ...]
    key_type: str = "char"  # as MATLAB calls it; a map of numbers has it from its first key
    value_type: str = "any"  # as a file tells it; values are as they are whatever it is

    def __post_init__(self) -> None:
        _fill("values", (len(self.keys),), self.items)
        texts = self.key_type == "char"
        if not all(isinstance(key, str) if texts else _is_number(key) for key in self.keys):
            wanted = "text" if texts else "numbers"
            raise ValueError(f"wanted {wanted} for the keys of a containers.Map, got {list(self.keys)!r}")
        if len({*self.keys}) != len(self.keys):
            raise ValueError(f"wanted the keys of a containers.Map each once, got {list(self.keys)!r}")

    @property
    def class_name(self) -> str:
        """What MATLAB calls its class."""
        return "containers.Map"

    def fill(self, items: tuple[Any, ...]) -> None:
        """Take values that were not known when the map was made: those of a file can hold the map itself."""
        _fill("values", (len(self.keys),), items)
        object.__setattr__(self, "items", items)

    @classmethod
    def of(cls, told: Mapping[Any, Any]) -> Map:
        """Return the containers.Map of a mapping. Raises ValueError unless its keys are all text or all numbers."""
        texts = all(isinstance(key, str) for key in told)
        if not texts and not all(_is_number(key) for key in told):
            raise ValueError(f"wanted keys that are all text or all numbers, got {_cut(repr(list(told)))}")
        keys = sorted(told)
        names = tuple(keys) if texts else tuple(map(float, keys))
        return cls(names, tuple(told[key] for key in keys), "char" if texts else "double")


@dataclass(frozen=True, slots=True)
class Foreign:
    """A function handle or an object: steps can pass it on inside Octave, but it does not leave it."""

    class_name: str


@dataclass(frozen=True, slots=True, eq=False)
class Object:
    """An object of a MATLAB class, or an array of them, read from a file.

    `properties` has a dict for each element, column by column; of what MATLAB itself defines, in MATLAB's terms: a
    string has {"value": text}, a datetime {"value": ISO text} ... (a containers.Map is a Map)
    (see `pybn.formats.mat_classes`). Handle objects can hold each other: what follows them must mind where it was.
    `classes` has the class of each element, where they are not all of `class_name`.
    """

    class_name: str
    shape: tuple[int, ...]
    properties: Sequence[Mapping[str, Any]]
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _fill("objects", self.shape, self.properties)
        if self.classes:
            _fill("classes", self.shape, self.classes)

    def __repr__(self) -> str:
        return f"<{describe(self)}>"

    def class_of(self, k: int) -> str:
        """Return the class of an element."""
        return self.classes[k] if self.classes else self.class_name


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _fill(what: str, shape: tuple[int, ...], items: Sequence[Any]) -> None:
    if math.prod(shape) != len(items):
        raise ValueError(f"wanted {math.prod(shape)} {what} for the shape {list(shape)}, got {len(items)}")


def describe(value: Any) -> str:
    """Say in a few words what a value is, MATLAB's or Python's: "a 2x3 double", "a struct with fields a, b"."""
    if value is None:
        return "None"
    if isinstance(value, str):
        return f"the text {_cut(repr(value))}"
    if isinstance(value, Foreign | Object):
        shape = getattr(value, "shape", ())
        times = "an object" if math.prod(shape) == 1 else f"a {_times(shape)} array of objects"
        return f"{times} of class {value.class_name}"
    if isinstance(value, Cell | StructArray | CharArray):
        kinds = {Cell: "cell", StructArray: "struct array", CharArray: "char array"}
        more = f" with fields {_names(value.fields)}" if isinstance(value, StructArray) else ""
        return f"a {_times(value.shape)} {kinds[type(value)]}{more}"
    if isinstance(value, Map | Mapping):
        return _keyed(value)
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, np.generic):
        return f"{_cut(repr(value.item()))}, a NumPy {value.dtype}"
    if isinstance(value, bool | int | float | complex):
        return f"{_cut(repr(value))}, a Python {type(value).__name__}"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    return f"an object of Python's class {type(value).__name__}"


def _keyed(value: Map | Mapping[str, Any]) -> str:
    if isinstance(value, Map):
        return f"a containers.Map with keys {_names(value.keys)}" if value.keys else "an empty containers.Map"
    return f"a struct with fields {_names(value)}" if value else "a struct without fields"


def _array(value: np.ndarray[Any, Any]) -> str:
    name = CLASSES.get(value.dtype.name, value.dtype.name)
    if value.ndim < 2:
        return f"{value.dtype} of shape {value.shape}"
    if value.size == 1:
        return f"{_cut(repr(value.item()))}, a 1x1 {name}"
    return f"a {_times(value.shape)} {name}"


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _names(names: Any) -> str:
    told = [str(name) for name in names]
    return ", ".join(told[:12]) + (f" and {len(told) - 12} more" if len(told) > 12 else "")


def _cut(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
