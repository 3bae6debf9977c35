"""zarr stores in a folder, v2 and v3: arrays that are read chunk by chunk. Needs the package zarr."""

from __future__ import annotations

import itertools
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats.lazy import Array, LazyArray, Span
from pybn.formats.tensor import import_extra

# What zarr and its codecs raise on a damaged store.
FAULTS: tuple[type[Exception], ...] = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    RuntimeError,
    SystemError,
    NotImplementedError,
    AttributeError,
    IndexError,
    ArithmeticError,
    EOFError,
    zlib.error,
    struct.error,
)
METADATA = ("zarr.json", ".zarray", ".zattrs", ".zgroup")
BLOSC = struct.Struct("<8xII")  # of the header of a chunk of blosc: the size of its blocks, and of all of it
UNWRITTEN = 1 << 30  # bytes of elements that no chunk is there for which are made up
RATIO = 1 << 20  # to one: more than any array says that really holds something
SMALL = 64 << 20  # bytes of an array for which memory can lack only where a chunk lies about what is in it


class ZarrArray(LazyArray):
    """An array of a store. `label` is what errors begin with: the store, and what it is there."""

    def __init__(self, array: Any, label: str, folder: Path) -> None:
        super().__init__(array.shape, array.dtype)
        self._folder = folder
        self._array, self._label = array, label

    @property
    def row_major(self) -> bool:
        """The first axis is the slowest."""
        return True

    def read(self, span: Span) -> Array:
        """Return these elements. Raises FormatError for a damaged chunk."""
        try:
            if _by_blosc(self._array.metadata):
                self._refuse_cut(span)
            read: Array = np.asarray(self._array[span] if span else self._array[()])
        except FAULTS as error:
            raise FormatError(f"{self._label}: cannot be read: {error!s:.200}") from error
        except MemoryError as error:
            if self.nbytes > SMALL:
                raise
            raise FormatError(
                f"{self._label}: a chunk says that it takes more memory than there is"
            ) from error
        return read

    def _refuse_cut(self, span: Span) -> None:
        """Raise ValueError for a chunk that is not as long as it says: blosc goes by what it says, and reads on."""
        spans = zip(span, self._array.chunks, strict=True)
        for at in itertools.product(*(range(s.start // n, -(-s.stop // n)) for s, n in spans)):
            path = self._folder / self._array.metadata.encode_chunk_key(at)
            if path.is_file():
                with path.open("rb") as file:
                    head, there = file.read(BLOSC.size), path.stat().st_size
                said = BLOSC.unpack(head)[1] if len(head) == BLOSC.size else 0
                if said != there:
                    raise ValueError(f"a chunk of {there:,} bytes, {path.name}, says that it has {said:,}")


def _by_blosc(metadata: Any) -> bool:
    """Tell whether each chunk of an array is what blosc made of it last."""
    last = (getattr(metadata, "codecs", None) or [None])[-1]
    older = getattr(metadata, "compressor", None)
    return type(last).__name__ == "BloscCodec" or getattr(older, "codec_id", "") == "blosc"


class ZarrReader:
    """The arrays of a store, those in groups as group/name; texts among the attributes of the top."""

    kind = "zarr"
    row_major = True

    def __init__(self, path: str) -> None:
        self._path = path
        zarr = import_extra("zarr", "zarr")
        try:
            root = zarr.open(path, mode="r")
            self._arrays = _arrays(root, "") if hasattr(root, "members") else {"array": root}
        except FAULTS as error:
            raise FormatError(f"cannot be read as zarr: {_damaged(path)}{error!s:.200}") from error
        self._texts = {name: each for name, each in dict(root.attrs).items() if isinstance(each, str)}
        self._texts = {name: each for name, each in self._texts.items() if name not in self._arrays}

    def names(self) -> list[str]:
        """Return the names."""
        return [*self._arrays, *self._texts]

    def value(self, name: str) -> LazyArray | str:
        """Return an array, or a text. Raises FormatError for an array that says it is what no store can hold."""
        if name not in self._arrays:
            return self._texts[name]
        x = ZarrArray(self._arrays[name], f"{self._path}: {name}", self._folder(name))
        if x.nbytes > UNWRITTEN and not self._stores(name, x.nbytes // RATIO):
            raise FormatError(f"declares {x.nbytes:,} bytes and stores next to none")
        return x

    def _folder(self, name: str) -> Path:
        return Path(self._path, self._arrays[name].path)

    def _stores(self, name: str, least: int) -> bool:
        """Tell whether the files of an array are this many bytes, or more."""
        there = 0
        for file in self._folder(name).rglob("*"):
            there += file.stat().st_size if file.is_file() and file.name not in METADATA else 0
            if there >= least:
                return True
        return False

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


def _damaged(path: str) -> str:
    """Name the first file of a store whose metadata is no JSON; "" where there is none."""
    for file in sorted(each for name in METADATA for each in Path(path).rglob(name)):
        try:
            json.loads(file.read_bytes())
        except (OSError, ValueError, RecursionError):
            return f"{file.relative_to(path)}: "
    return ""


def _arrays(group: Any, path: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, item in sorted(group.members()):
        inner = f"{path}{name}"
        found |= _arrays(item, f"{inner}/") if hasattr(item, "members") else {inner: item}
    return found


def open_reader(path: str) -> ZarrReader:
    """Read the metadata of a store."""
    return ZarrReader(path)
