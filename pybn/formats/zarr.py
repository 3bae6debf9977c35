"""zarr stores in a folder, v2 and v3: arrays that are read chunk by chunk. Needs the package zarr."""

from __future__ import annotations

from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats.lazy import Array, LazyArray, Span
from pybn.formats.tensor import import_extra

FAULTS = (OSError, ValueError, KeyError, TypeError, RuntimeError, NotImplementedError)


class ZarrArray(LazyArray):
    """An array of a store."""

    def __init__(self, array: Any, name: str) -> None:
        super().__init__(array.shape, array.dtype)
        self._array, self._name = array, name

    @property
    def row_major(self) -> bool:
        """The first axis is the slowest."""
        return True

    def read(self, span: Span) -> Array:
        """Return these elements. Raises FormatError for a damaged chunk."""
        try:
            read: Array = np.asarray(self._array[span] if span else self._array[()])
        except FAULTS as error:
            raise FormatError(f"{self._name}: cannot be read: {error}") from error
        return read


class ZarrReader:
    """The arrays of a store, those in groups as group/name; texts among the attributes of the top."""

    kind = "zarr"
    row_major = True

    def __init__(self, path: str) -> None:
        zarr = import_extra("zarr", "zarr")
        try:
            root = zarr.open(path, mode="r")
            self._arrays = _arrays(root, "") if hasattr(root, "members") else {"array": root}
        except FAULTS as error:
            raise FormatError(f"cannot be read as zarr: {error}") from error
        self._texts = {name: each for name, each in dict(root.attrs).items() if isinstance(each, str)}
        self._texts = {name: each for name, each in self._texts.items() if name not in self._arrays}

    def names(self) -> list[str]:
        """Return the names."""
        return [*self._arrays, *self._texts]

    def value(self, name: str) -> LazyArray | str:
        """Return an array, or a text."""
        return ZarrArray(self._arrays[name], name) if name in self._arrays else self._texts[name]

    def axes(self, name: str) -> tuple[str, ...] | None:
        """Return the names of the axes, where all have one."""
        if name not in self._arrays:
            return None
        metadata = self._arrays[name].metadata
        named = getattr(metadata, "dimension_names", None) or self._arrays[name].attrs.get(
            "_ARRAY_DIMENSIONS"
        )
        return tuple(map(str, named)) if named and all(named) else None

    def close(self) -> None:
        """Nothing is held."""


def _arrays(group: Any, path: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, item in sorted(group.members()):
        inner = f"{path}{name}"
        found |= _arrays(item, f"{inner}/") if hasattr(item, "members") else {inner: item}
    return found


def open_reader(path: str) -> ZarrReader:
    """Read the metadata of a store."""
    return ZarrReader(path)
