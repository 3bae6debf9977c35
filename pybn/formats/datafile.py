"""A file of named values as a mapping: `pybn.open("x.mat")["x"][..., :10]` reads just that."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import TracebackType
from typing import Any, Protocol, Self, cast

from pybn.errors import FormatError
from pybn.formats.sniff import Kind, sniff

READERS = {
    Kind.MAT: "mat_arrays",
    Kind.HDF5: "hdf5_arrays",
    Kind.OCTAVE_TEXT: "octave_text",
    Kind.OCTAVE_BINARY: "octave_binary",
    Kind.NPY: "npy",
    Kind.NPZ: "npz",
    Kind.SAFETENSORS: "safetensors",
    Kind.ZARR: "zarr",
}


class Reader(Protocol):
    """What reads one format: `open_reader(path)` of its module returns it, with headers read and no values."""

    kind: str
    row_major: bool

    def names(self) -> list[str]:
        """Return the names of what is in the file, in its order."""

    def value(self, name: str) -> Any:
        """Return one of them: a LazyArray, or a value in the terms of `pybn.values`."""

    def axes(self, name: str) -> tuple[str, ...] | None:
        """Return the names of its axes, where the file has them."""

    def close(self) -> None:
        """Let go of the file."""


class DataFile(Mapping[str, Any]):
    """The named values of a file, read when they are asked for. Nothing is ever written to it.

    Arrays are `LazyArray`s with their axes as they were saved: in MATLAB's order in MATLAB's and Octave's files
    (`row_major` is False), first axis slowest in others. Text, structs, cells and objects are in the terms of
    `pybn.values`. Asking for a value raises FormatError where it is damaged, KeyError where there is none.
    """

    def __init__(self, path: str, reader: Reader) -> None:
        self.path = path
        self._reader = reader
        self._names = dict.fromkeys(reader.names())

    @property
    def kind(self) -> str:
        """What kind of file it is, in words."""
        return self._reader.kind

    @property
    def row_major(self) -> bool:
        """Whether axes stand as NumPy has them, the slowest first."""
        return self._reader.row_major

    def axes(self, name: str) -> tuple[str, ...] | None:
        """Return the names of the axes of an array, where the file has them."""
        return self._reader.axes(self._known(name))

    def __getitem__(self, name: str) -> Any:
        try:
            return self._reader.value(self._known(name))
        except FormatError as error:
            raise (
                error if str(error).startswith(self.path) else FormatError(f"{self.path}: {name}: {error}")
            ) from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<{self.path}: {self.kind}, {len(self)} value{'' if len(self) == 1 else 's'}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def to_xarray(self, layout: Mapping[str, str] | None = None) -> Any:
        """Return an xarray.Dataset of the arrays, read where they are asked for: see `pybn.formats.as_xarray.dataset`.

        `layout` names axes, {"images": "HWCN"}. Raises FormatError without the package xarray, LayoutError.
        """
        from pybn.formats.as_xarray import dataset

        return dataset(self, layout or {})

    def close(self) -> None:
        """Let go of the file; what was not read cannot be read any more."""
        self._reader.close()

    def _known(self, name: str) -> str:
        if name not in self._names:
            there = ", ".join(list(self._names)[:12]) or "nothing"
            raise KeyError(f"{self.path}: there is no {name!r}; there is {there}")
        return name


def open_file(path: str | os.PathLike[str]) -> DataFile:
    """Open a .mat (v4 to v7.3), Octave (text, binary, HDF5), HDF5, .npy, .npz, safetensors or zarr file.

    What it is, is told from its bytes, never from its name. Raises FileError where it cannot be opened, FormatError
    where it is something else, is damaged, or needs a package that is not there.
    """
    name = os.fspath(path)
    module = import_module(f"pybn.formats.{READERS[sniff(name)]}")
    try:
        return DataFile(name, cast("Reader", module.open_reader(name)))
    except FormatError as error:
        raise error if str(error).startswith(name) else FormatError(f"{name}: {error}") from error
