"""Where MATLAB's v7.3 files keep their objects: in the group #subsystem#, as references to what is known of them."""

from __future__ import annotations

import math
from typing import Any, Protocol

import h5py
import numpy as np

from pybn.errors import FormatError
from pybn.formats.hdf5_items import links
from pybn.formats.mat_objects import Objects
from pybn.values import Foreign

GROUP, MEMBER = "#subsystem#", "MCOS"


class Reader(Protocol):
    """What is needed of the reader of the file."""

    file: h5py.File

    def whole(self, dataset: h5py.Dataset, dtype: np.dtype[Any] | None = None) -> Any:
        """Return all of a dataset."""

    def referred(self, reference: Any) -> Any:
        """Return the object that a reference is to."""

    def member(self, group: h5py.Group, link: Any) -> Any:
        """Return the object that is a member proper of a group."""

    def decoded(self, item: Any, label: str) -> Any:
        """Return what an object stands for."""


class Hdf5Objects:
    """The objects of a file: a table read when the first one is met, and properties when they are used."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._objects: Objects | None = None
        self._references: Any = None
        self._reading = False

    def decoded(self, class_name: str, stored: Any) -> Any:
        """Return objects of a class that are described so; where the file has none, a Foreign. Raises FormatError."""
        if self._reading:
            return stored  # in a property: `Objects` sees to it
        self._reading = True
        try:
            if self._objects is None:
                found = self._stored()
                if found is None:
                    return Foreign(class_name)
                self._references = found
                self._objects = Objects(found.size, self._cell, "<")
            return self._objects.decoded(stored, class_name)
        finally:
            self._reading = False

    def _stored(self) -> Any:
        """Return the references to what is known of objects, None where there is none. Raises FormatError."""
        group = self._member(self._reader.file["/"], GROUP)
        dataset = self._member(group, MEMBER) if isinstance(group, h5py.Group) else None
        if dataset is None:
            return None
        if not isinstance(dataset, h5py.Dataset) or h5py.check_ref_dtype(dataset.dtype) is not h5py.Reference:
            raise FormatError(f"{GROUP}/{MEMBER} holds no references; the file is damaged")
        if math.prod(dataset.shape or ()) * 8 > self._reader.file.id.get_filesize():
            raise FormatError(
                f"{GROUP}/{MEMBER} holds more references than the file has bytes; it is damaged"
            )
        return np.ravel(self._reader.whole(dataset), order="F")

    def _member(self, group: h5py.Group, name: str) -> Any:
        found = next((link for link in links(group, len(group)) if link.name == name), None)
        return None if found is None else self._reader.member(group, found)

    def _cell(self, k: int) -> Any:
        reference = self._references[k]
        if not reference:
            return np.zeros((0, 0))
        return self._reader.decoded(self._reader.referred(reference), f"{GROUP}/{MEMBER}{{{k + 1}}}")
