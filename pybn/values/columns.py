"""The properties of many objects of one class, kept as one array a property: no dict for each of a million strings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np

from pybn.values.model import Cell


class Columns(Sequence[Mapping[str, Any]]):
    """A dict for each element, made when it is asked for, in MATLAB's order (column by column).

    each    property -> what each element has of it: an array or a Cell of the shape of the objects
    common  property -> what all of them have
    """

    def __init__(self, each: Mapping[str, Any], common: Mapping[str, Any] | None = None) -> None:
        self.each, self.common = dict(each), dict(common or {})
        self._flat = {name: _flat(column) for name, column in each.items()}
        self._count = len(next(iter(self._flat.values())))

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Mapping[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(self._count))]
        return {name: _one(column[index]) for name, column in self._flat.items()} | self.common

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return (self[k] for k in range(self._count))


def _flat(column: Any) -> Any:
    return column.items if isinstance(column, Cell) else np.ravel(column, order="F")


def _one(item: Any) -> Any:
    return np.array([[item]]) if isinstance(item, np.generic) else item
