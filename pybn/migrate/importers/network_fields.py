"""The fields of a `network` object: which layers and inputs are connected, and what is in its cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.layers.base import Array
from pybn.migrate.importers.building import array, empty, whole_numbers
from pybn.values import Cell, Object


class Fields:
    """The fields of a network, and where they are."""

    def __init__(self, fields: Mapping[str, Any], variable: str) -> None:
        self.fields, self.variable = fields, variable
        self.count = self.whole("numLayers")
        self.input_to = self.connections("inputConnect")
        self.layer_to = self.connections("layerConnect")
        if self.input_to.shape[0] != self.count or self.layer_to.shape != (self.count, self.count):
            raise FormatError(
                f"{variable}: wanted connections of {self.count} layers, got "
                f"{self.input_to.shape[0]} of inputs and {'x'.join(map(str, self.layer_to.shape))} of layers"
            )

    def order(self) -> list[int]:
        """Return the layers such that each comes after those it takes. Raises FormatError for a cycle."""
        placed: list[int] = []
        while len(placed) < self.count:
            ready = (
                i
                for i in range(self.count)
                if i not in placed and set(np.flatnonzero(self.layer_to[i])) <= {*placed}
            )
            following = next(ready, None)
            if following is None:
                raise FormatError(
                    f"{self.variable}.layerConnect: layers take, by way of others, their own outputs"
                )
            placed.append(following)
        return placed

    def whole(self, name: str) -> int:
        """Return a field that is a number from 1 on."""
        return whole_numbers(self.fields[name], f"{self.variable}.{name}", (1,), 1)[0]

    def connections(self, name: str) -> Array:
        """Return a field of truth values."""
        return np.asarray(array(self.fields[name], f"{self.variable}.{name}") != 0)

    def outputs(self) -> list[int]:
        """Return the layers whose outputs are the network's. Raises FormatError where there are none."""
        found = [int(i) for i in np.flatnonzero(self.connections("outputConnect"))]
        if not found or max(found) >= self.count:
            raise FormatError(f"{self.variable}.outputConnect: wanted one of {self.count} layers at least")
        return found

    def item(self, name: str, *place: int) -> Any:
        """Return what is in a cell of the network's at a row and column, or at a number. Raises FormatError."""
        cell = self.fields.get(name)
        if isinstance(cell, Cell):
            rows = cell.shape[0]
            index = place[0] + place[1] * rows if len(place) == 2 else place[0]
            if index < len(cell.items) and (len(place) == 1 or place[0] < rows):
                return cell.items[index]
        raise FormatError(f"{self.variable}.{name}: wanted a cell with an item at {[k + 1 for k in place]}")

    def part(self, name: str, *place: int) -> tuple[Mapping[str, Any], str]:
        """Return the struct, or object, in such a cell, and where it is."""
        path = f"{self.variable}.{name}{{{','.join(str(k + 1) for k in place)}}}"
        if name not in self.fields:
            return {}, path
        value = self.item(name, *place)
        return fields_of(value), path

    def bias(self, i: int) -> tuple[str, Array] | None:
        """Return where the bias of a layer is, and its value; None where it has none."""
        path, value = f"{self.variable}.b{{{i + 1}}}", self.item("b", i)
        return None if empty(value) else (path, array(value, path))


def fields_of(value: Any) -> Mapping[str, Any]:
    """Return the fields of a struct, or of an object; none of what is neither."""
    if isinstance(value, Object) and len(value.properties) == 1:
        return value.properties[0]
    return value if isinstance(value, Mapping) else {}


def items_of(value: Any) -> tuple[Any, ...]:
    """Return what is in a cell, nothing of what is none."""
    return value.items if isinstance(value, Cell) else ()


def name_of(told: Mapping[str, Any], instead: str) -> str:
    """Return the name that a struct has, or `instead`."""
    name = told.get("name")
    return name if isinstance(name, str) and name else instead
