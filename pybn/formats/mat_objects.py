"""Objects of MATLAB code in .mat files (v5 to v7.3) as `pybn.values.Object`s, whatever reader reads their properties.

Values stand in a variable, or in a property, as words that say which objects they are (`pybn.formats.mcos`). An object
is decoded once, and its dict is the same wherever it is met: handle objects hold each other here as in MATLAB. They are
filled in one after another, not one within another, so no chain of them is too long.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats.mat_classes import FLAT, converted, flat, mapped
from pybn.formats.mcos import CLASS_CELLS, MARK, NAMED, NUMBER, SAVED, Handle, Record, Table, handle_of
from pybn.values import Cell, Map, Object, StructArray
from pybn.values.columns import Columns

DEEPEST = 200  # levels of cells and structs in a property; readers stop before
MAP = "containers.Map"
MOST = 1_000_000  # properties of all objects together
ENUMERATION = ("EnumerationInstanceTag", "ClassName", "ValueNames", "Values", "ValueIndices")


class Objects:
    """The objects of a file. `cells` is how many cells hold what there is of them, `cell` reads one, from 0."""

    def __init__(self, cells: int, cell: Callable[[int], Any], order: str) -> None:
        self.table = Table(cell(0) if cells else None, order)
        self._saved = cells - 2 - CLASS_CELLS[self.table.version]
        if self._saved < 0:
            raise FormatError(
                f"its objects are stored in {cells} cells, which is too few; the file is damaged"
            )
        self._cells, self._cell, self._order = cells, cell, order
        self._forget()

    def _forget(self) -> None:
        self._values: dict[int, Any] = {}
        self._defaults: dict[int, Mapping[str, Any]] = {}
        self._known: dict[int, dict[str, Any]] = {}
        self._flat: dict[int, Object | None] = {}
        self._maps: dict[int, Map | None] = {}
        self._waiting: deque[int] = deque()
        self._unfilled: deque[tuple[Map, tuple[Any, ...]]] = deque()
        self._templates: Cell | None = None
        self._count = 0

    def decoded(self, value: Any, class_name: str = "") -> Any:
        """Return the objects that words, or the struct of an enumeration, stand for. Raises FormatError."""
        try:
            found = self._enumeration(value) if _enumerates(value) else self._objects(value, class_name)
            while self._waiting or self._unfilled:
                if self._unfilled:
                    one, items = self._unfilled.popleft()
                    one.fill(tuple(map(self._walked, items)))
                else:
                    number = self._waiting.popleft()
                    self._fill(number, self._known[number])
        except BaseException:
            self._forget()  # what is filled in part is not to be met again
            raise
        return found

    def _objects(self, value: Any, class_name: str) -> Object | Map:
        handle = handle_of(value)
        if handle is None or not self.table.has(handle):
            raise FormatError(
                f"an object of class {class_name or '?'} is not described as objects are; it is damaged"
            )
        return self._of(handle)

    def _of(self, handle: Handle) -> Object | Map:
        """Return objects, whose properties may still have to be filled in."""
        class_name = self.table.class_name(handle.class_)
        records = [self.table.record(number) if number else None for number in handle.objects]
        if len(records) == 1 and records[0] and records[0].class_name in FLAT:
            one = self._flat_one(handle.objects[0], records[0])
            if one is not None:
                return one
        if len(records) == 1 and records[0] and records[0].class_name == MAP:
            single = self._map(handle.objects[0], records[0])
            if single is not None:
                return single
        classes = tuple(record.class_name if record else class_name for record in records)
        if len(set(classes)) == 1:
            class_name = classes[0]
        properties = tuple(self._properties(number) for number in handle.objects)
        return Object(class_name, handle.shape, properties, classes if set(classes) - {class_name} else ())

    def _flat_one(self, number: int, record: Record) -> Object | None:
        """Return what MATLAB keeps as one object though it may be many: strings, times, categories."""
        if number not in self._flat:
            found = self._raw(record, self._cell, self._template(record.class_))
            self._flat[number] = flat(record.class_name, found, self._order)
        return self._flat[number]

    def _map(self, number: int, record: Record) -> Map | None:
        """Return a containers.Map, whose values may still have to be filled in."""
        if number not in self._maps:
            found = mapped(self._raw(record, self._cell, self._template(record.class_)))
            self._maps[number] = None if found is None else found[0]
            if found is not None:
                self._unfilled.append(found)
        return self._maps[number]

    def _properties(self, number: int) -> dict[str, Any]:
        if not number:
            return {}
        if number not in self._known:
            self._known[number] = {}
            self._waiting.append(number)
        return self._known[number]

    def _fill(self, number: int, into: dict[str, Any]) -> None:
        record = self.table.record(number)
        found = self._raw(record, self._value, self._default(record.class_))
        into.update(converted(record.class_name, found))

    def _raw(self, record: Record, read: Callable[[int], Any], default: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties of an object as they are stored, defaults of its class for those that are not."""
        found = dict(default)
        for name, kind, value in record.properties:
            found[name] = self._property(name, kind, value, read)
        for k, number in enumerate(record.dynamic):
            found[f"__dynamic_property__{k + 1}"] = self._of(Handle((1, 1), (number,), record.class_))
        self._count += 1 + len(found)
        if self._count > MOST + 2 * self._cells:
            raise FormatError(f"its objects have more than {MOST:,} properties")
        return found

    def _property(self, name: str, kind: int, value: int, read: Callable[[int], Any]) -> Any:
        if kind == NAMED:
            return self.table.name(value)
        if kind == NUMBER:
            return np.array([[bool(value)]]) if value in (0, 1) else np.array([[value]], np.uint32)
        if kind != SAVED or not 0 <= value < self._saved:
            raise FormatError(f"the property {name!r:.80} is not among those stored; the file is damaged")
        return read(2 + value)

    def _value(self, cell: int) -> Any:
        if cell not in self._values:
            self._values[cell] = self._walked(self._cell(cell))
        return self._values[cell]

    def _default(self, class_: int) -> Mapping[str, Any]:
        """Return the properties that objects of a class have where nothing is stored."""
        if class_ not in self._defaults:
            self._defaults[class_] = {}  # should they lead to an object of the same class
            self._defaults[class_] = {
                name: self._walked(item) for name, item in self._template(class_).items()
            }
        return self._defaults[class_]

    def _template(self, class_: int) -> Mapping[str, Any]:
        if self._templates is None:
            found = self._cell(self._cells - 1)
            if not isinstance(found, Cell):
                raise FormatError("the defaults of its classes are no cells; the file is damaged")
            self._templates = found
        one = self._templates.items[class_] if class_ < len(self._templates.items) else {}
        return one if isinstance(one, Mapping) else {}

    def _walked(self, value: Any, depth: int = 0) -> Any:
        """Return a value with the objects that are in it."""
        if depth > DEEPEST:
            raise FormatError(f"it is nested deeper than {DEEPEST} levels")
        if isinstance(value, Mapping):
            if _enumerates(value):
                return self._enumeration(value)
            return {name: self._walked(item, depth + 1) for name, item in value.items()}
        if isinstance(value, Cell):
            if (function := _function(value)) is not None:
                return Object("function_handle", (1, 1), (self._walked(function, depth + 1),))
            return Cell(value.shape, tuple(self._walked(item, depth + 1) for item in value.items))
        if isinstance(value, StructArray):
            elements = tuple(self._walked(element, depth + 1) for element in value.elements)
            return StructArray(value.shape, value.fields, elements)
        if isinstance(value, Object):
            inner = tuple(self._walked(element, depth + 1) for element in value.properties)
            return Object(value.class_name, value.shape, inner)
        handle = handle_of(value)
        return self._of(handle) if handle and self.table.has(handle) else value

    def _enumeration(self, value: Mapping[str, Any]) -> Object:
        """Return members of an enumeration: each by its name, and with its value where there is one."""
        class_name = self.table.class_name(_word(value["ClassName"]))
        names = [self.table.name(int(word)) for word in np.ravel(_integers(value["ValueNames"]))]
        indices = _integers(value["ValueIndices"])
        flat_indices = [int(k) for k in np.ravel(indices, order="F")]
        raw = getattr(value["Values"], "items", ())
        if any(k >= len(names) for k in flat_indices) or (raw and len(raw) != len(names)):
            raise FormatError(f"an enumeration {class_name} has members that are not there; it is damaged")
        shape = tuple(indices.shape)
        each = {"member": Cell(shape, tuple(names[k] for k in flat_indices))}
        if any(map(self._tells, raw)):
            values = [self._walked(item) for item in raw]
            each["value"] = Cell(shape, tuple(values[k] for k in flat_indices))
        return Object(class_name, shape, Columns(each))

    def _tells(self, item: Any) -> bool:
        """Say whether a member of an enumeration is more than its name."""
        handle = handle_of(item)
        if handle is None or not self.table.has(handle):
            return True
        return any(self.table.record(number).properties for number in handle.objects if number)


def _function(value: Cell) -> Mapping[str, Any] | None:
    """Return what is stored of a function handle in a property: a mark and a struct."""
    if value.shape != (2, 1) or not isinstance(value.items[1], Mapping):
        return None
    mark, stored = value.items[0], value.items[1].get("function_handle")
    marked = getattr(mark, "dtype", None) == np.uint32 and mark.shape == (1, 1) and _word(mark) == MARK
    return stored if marked and isinstance(stored, Mapping) else None


def _enumerates(value: Any) -> bool:
    if not isinstance(value, Mapping) or not all(name in value for name in ENUMERATION):
        return False
    tag = value["EnumerationInstanceTag"]
    return getattr(tag, "dtype", None) == np.uint32 and tag.shape == (1, 1) and _word(tag) == MARK


def _word(value: Any) -> int:
    x = _integers(value)
    if x.size != 1:
        raise FormatError("an enumeration does not say of which class it is; the file is damaged")
    return int(x.ravel()[0])


def _integers(value: Any) -> Any:
    """Return an array of integers. Raises FormatError for anything else."""
    dtype = getattr(value, "dtype", None)
    if dtype is None or dtype.kind != "u" or hasattr(value, "indptr"):
        raise FormatError("an enumeration is not described as enumerations are; the file is damaged")
    return np.asarray(value)
