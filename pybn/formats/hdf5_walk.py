"""Walking an HDF5 file: every group, dataset and link once, in order, within limits."""

from __future__ import annotations

from typing import Any

import h5py

from pybn.formats.contents import Row, Rows
from pybn.formats.hdf5_items import FAULTS, Link, attribute, axes, dataset_type, links, opened, outside, size


class Walk:
    """The rows of a plain HDF5 file. A dialect overrides what it has other words for."""

    def __init__(self, file: h5py.File) -> None:
        self.file = file
        self.rows = Rows()
        self.faults = 0
        self._seen: dict[int, str] = {}

    @property
    def kind(self) -> str:
        """Return what kind of file this is."""
        return "HDF5"

    def about(self) -> list[str]:
        """Return what is worth knowing about the file as a whole."""
        return []

    def run(self) -> None:
        """List the whole file."""
        root = self.file["/"]
        self.first_visit(root, "/")
        for link in self.top(root):
            self.follow(root, link, 0, "/")

    def top(self, root: h5py.Group) -> list[Link]:
        """Return what stands at the top."""
        return links(root, self.rows.admit_top(len(root)))

    def follow(self, group: h5py.Group, link: Link, depth: int, path: str) -> None:
        """List one entry of `group`, opening it only where it is in this file and of this group."""
        if link.type:
            self.rows.add(Row(link.name, depth, link.type, note=link.target))
            return
        try:
            self.visit(opened(group, link), link.name, depth, f"{path}{link.name}/")
        except FAULTS as error:
            self.fault(Row(link.name, depth, "unreadable"), error)

    def visit(self, item: Any, name: str, depth: int, path: str) -> None:
        """List one object and what is in it. Raises one of FAULTS where it cannot even be described."""
        if isinstance(item, h5py.Dataset):
            self.rows.add(self.dataset(item, name, depth, path))
        elif isinstance(item, h5py.Group):
            self.group(item, name, depth, path)
        else:
            self.rows.add(Row(name, depth, "named type"))

    def dataset(self, item: h5py.Dataset, name: str, depth: int, path: str) -> Row:
        """Return the row of a dataset."""
        type_, item_size = dataset_type(item)
        shape = self.shape(item)
        notes = [outside(item), self.first_visit(item, path), "no values" if shape is None else ""]
        note = "; ".join(filter(None, notes))
        return Row(name, depth, type_, shape, axes(item), size(shape, item_size), note)

    def shape(self, item: h5py.Dataset) -> tuple[int, ...] | None:
        """Return the shape in this dialect's order of axes."""
        return None if item.shape is None else tuple(int(extent) for extent in item.shape)

    def group(self, item: h5py.Group, name: str, depth: int, path: str) -> None:
        """List a group and its members, unless it was listed before."""
        again = self.first_visit(item, path)
        row = Row(name, depth, "group", note=again or self.title(item))
        if self.rows.add(row) and not again:
            self.members(item, row, path)

    def title(self, item: h5py.Group) -> str:
        """Return what a group says of itself in an attribute `name`, "" where it says nothing."""
        title = attribute(item, "name")
        return f"name: {title}" if isinstance(title, str) else ""

    def members(self, item: h5py.Group, row: Row, path: str) -> None:
        """List the members of a group below its row."""
        try:
            found = self.links_of(item, self.rows.admit(row, len(item)))
        except FAULTS as error:
            self.fault(row, error)
            return
        for link in found:
            self.follow(item, link, row.depth + 1, path)

    def links_of(self, item: h5py.Group, most: int) -> list[Link]:
        """Return the first `most` links of a group."""
        return links(item, most)

    def first_visit(self, item: Any, path: str) -> str:
        """Return "" where an object is met first, and later where that was: hard links may form a cycle."""
        address = h5py.h5o.get_info(item.id).addr
        before = self._seen.setdefault(address, path)
        return "" if before == path else f"the same as {before.rstrip('/') or '/'}"

    def fault(self, row: Row, error: Exception) -> None:
        """Say in a row that it, or what is in it, cannot be read, and add the row if it is new."""
        self.faults += 1
        row.note = f"{row.note} cannot be read: {str(error)[:200]}".lstrip()
        if row.type == "unreadable":
            self.rows.add(row)
