"""The values of plain HDF5: h5py's, netCDF-4's and pybn's own. Axes are as NumPy has them, groups parts of a name."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import h5py
import numpy as np

from pybn.errors import FormatError
from pybn.formats.hdf5_items import (
    FAULTS,
    ONLY_A_DIMENSION,
    Link,
    attribute,
    axes,
    handle_of,
    link_of,
    links,
    scale_name,
)
from pybn.formats.hdf5_lazy import Elements, Hdf5Array, told
from pybn.formats.hdf5_reader import DEEPEST, Hdf5Reader
from pybn.formats.hdf5_stored import Stored
from pybn.formats.hdf5_texts import texts
from pybn.formats.hdf5_traits import elements_of
from pybn.formats.lazy import InMemory

LEAST = 16  # bytes that a link takes in a file, at the very least
DETOURS = 16  # soft links that lead to soft links


class PlainReader(Hdf5Reader):
    """Datasets by their paths. Soft links are followed inside the file, and listed but where they lead to a group."""

    kind = "HDF5"
    row_major = True

    def __init__(self, path: str, file: h5py.File) -> None:
        self._homes: dict[str, h5py.Group] = {}
        self._left = 1_000 + file.id.get_filesize() // LEAST
        super().__init__(path, file)

    def top(self) -> list[Link]:
        """Return what is in the file, in groups of groups too, by their whole paths."""
        return self._listed(self.file["/"], "", ())

    def home(self, name: str) -> h5py.Group:
        """Return the group that a link is in."""
        return self._homes[name]

    def _listed(self, group: h5py.Group, path: str, above: tuple[int, ...]) -> list[Link]:
        address = int(h5py.h5o.get_info(group.id).addr)
        if address in above:
            return []  # it holds itself, and its members are listed already
        if len(above) > DEEPEST:
            raise FormatError(f"{path}: wanted at most {DEEPEST} levels of groups")
        self._left -= len(group)
        if self._left < 0:
            raise FormatError("more links than a file of its size can hold")
        found: list[Link] = []
        for link in links(group, len(group)):
            name, item = f"{path}{link.name}", self._seen(group, link)
            if isinstance(item, h5py.h5g.GroupID):
                if not link.type:
                    found += self._listed(h5py.Group(item), f"{name}/", (*above, address))
            elif not isinstance(item, h5py.h5t.TypeID) and not _only_a_dimension(item):
                self._homes[name] = group
                found.append(Link(name, link.raw, link.type, link.target))
        return found

    def _seen(self, group: h5py.Group, link: Link) -> Any:
        """Return the handle of what a link leads to inside this file, None where that cannot be had."""
        with suppress(*FAULTS):
            return self.member(group, link).id if link.type else handle_of(group, link)
        return None

    def member(self, group: h5py.Group, link: Link, detours: int = 0) -> Any:
        """Return the object that a link leads to, if it does not lead out of the file."""
        if link.type != "soft link":
            return super().member(group, link)
        path = group.id.links.get_val(link.raw)
        item: Any = self.file["/"] if path.startswith(b"/") else group
        for raw in path.split(b"/"):
            if raw in (b"", b"."):
                continue
            if detours > DETOURS or not isinstance(item, h5py.Group) or not item.id.links.exists(raw):
                raise FormatError(f"a soft link {link.target}, where there is nothing")
            item = self.member(item, link_of(item, raw), detours + 1)
        return item

    def of(self, item: Any, label: str, *, top: bool) -> Any:
        """Return a dataset: an array, text, or of a table its columns by name."""
        if not isinstance(item, h5py.Dataset):
            raise FormatError("wanted a dataset, got a group")
        dtype = item.dtype
        textual = h5py.check_string_dtype(dtype) is not None
        if item.shape is None:
            return "" if textual else InMemory(np.zeros(0, elements_of(dtype).dtype))
        stored = Stored(item)
        if textual:
            return texts(Hdf5Array((self.path, label), stored, Elements(dtype, dtype), kept=True))
        if dtype.names is not None:
            return self._columns(stored, dtype, label, top=top)
        if stored.shape == (1,) and attribute(item, "scalar") and "pybn_fixture" in self.file.attrs:
            return InMemory(np.asarray(item[()]).reshape(()))
        return Hdf5Array((self.path, label), stored, elements_of(dtype), kept=top)

    def _columns(self, stored: Stored, dtype: np.dtype[Any], label: str, *, top: bool) -> Any:
        """Return pairs that are complex numbers as an array, another compound as an array a field."""
        with suppress(FormatError):
            return Hdf5Array((self.path, label), stored, elements_of(dtype), kept=top)
        found: dict[str, Any] = {}
        for name in dtype.names or ():
            part = dtype[name] if dtype[name].hasobject else dtype[name].newbyteorder("=")
            column = np.dtype([(name, part)])
            x = Hdf5Array((self.path, f"{label}: {name}"), stored, Elements(column, part, name), kept=top)
            if h5py.check_string_dtype(dtype[name]) is not None:
                found[name] = texts(x)
            elif dtype[name].kind in "biufc":
                found[name] = x
            elif dtype[name].subdtype and dtype[name].base.kind in "biufc":
                stored.whole()
                found[name] = np.asarray(x)
            else:
                raise FormatError(f"its field {name} has elements of {dtype[name]}, which are no numbers")
        return found

    def axes(self, name: str) -> tuple[str, ...] | None:
        """Return the names of the axes of a dataset, "" where an axis has none; None where no axis has one."""
        try:
            item = self.member(self.home(name), self.links[name])
            found = axes(item) if isinstance(item, h5py.Dataset) else ()
            if (
                not found
                and isinstance(item, h5py.Dataset)
                and item.ndim == 1
                and attribute(item, "CLASS") == "DIMENSION_SCALE"
            ):
                found = (scale_name(item),)
        except FAULTS as error:
            raise told(self.path, name, error) from error
        return found or None


def _only_a_dimension(item: Any) -> bool:
    """Say whether a dataset is there only to be a dimension of others: netCDF-4 makes such, without values."""
    if not isinstance(item, h5py.h5d.DatasetID):
        return False
    with suppress(*FAULTS):
        said = attribute(h5py.Dataset(item), "NAME") if h5py.h5a.exists(item, b"NAME") else ""
        return str(said).startswith(ONLY_A_DIMENSION)
    return False
