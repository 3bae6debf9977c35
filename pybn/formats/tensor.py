"""What is written: tensors with names, and what each writer makes of them."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from pybn.errors import DTypeError, FormatError, UsageError
from pybn.formats.digests import Digest, told
from pybn.formats.inflate import crc32
from pybn.formats.lazy import BLOCK, Array, LazyArray

WRITERS = {  # by suffix, the module that writes it
    ".npy": "write_npy",
    ".npz": "write_npz",
    ".h5": "write_hdf5",
    ".hdf5": "write_hdf5",
    ".safetensors": "write_safetensors",
    ".zarr": "write_zarr",
    ".mat": "write_mat",
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """An array to be written: `data` with its axes as they will stand, the slowest first.

    name   in the file, groups parted by "/"; no two tensors of a file have the same
    axes   the names of the axes, () where they have none
    about  what a reader may want to know: "original", the name where it comes from; "class", MATLAB's class
    """

    name: str
    data: LazyArray
    axes: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Options:
    """How files are written: the compression by its name, and a level; the bytes of a chunk and of a shard."""

    compression: str = ""
    level: int | None = None
    chunk: int = 4 << 20
    shard: int = 16 << 20
    version: str = ""  # of .mat: "5" or "7"


Advance = Callable[[int], None]


class Sink:
    """Hands out the blocks of tensors, counts their bytes, and keeps SHA-256 and CRC-32 of each one in C order."""

    def __init__(self, *advances: Advance) -> None:
        self.digests: dict[str, str] = {}
        self.checks: dict[str, int] = {}
        self._advances = advances

    def blocks(self, tensor: Tensor, most: int = BLOCK) -> Iterator[Array]:
        """Yield the elements in C order, a run of the first axis at a time, little-endian."""
        digest = Digest()
        for block in little_blocks(tensor.data, most):
            digest.update(block)
            yield block
            for advance in self._advances:
                advance(block.nbytes)
        self.digests[tensor.name], self.checks[tensor.name] = digest.sha256, digest.crc

    def whole(self, tensor: Tensor) -> Array:
        """Return all elements at once."""
        out = np.empty(tensor.data.shape, tensor.data.dtype)
        start = 0
        for block in self.blocks(tensor):
            if not out.ndim:
                out[()] = block
            else:
                out[start : start + len(block)] = block
                start += len(block)
        return out


def little(x: Array) -> Array:
    """Return an array in C order, little-endian."""
    order = x.dtype.newbyteorder("<") if x.dtype.kind in "iufcUM" else x.dtype
    return np.ascontiguousarray(x.astype(order, copy=False)).reshape(x.shape)


def little_blocks(data: LazyArray, most: int = BLOCK) -> Iterator[Array]:
    """Yield an array's elements in C order, a run of the first axis at a time, little-endian."""
    for span in data.blocks(most):
        yield little(data.read(span))


def digest(data: LazyArray) -> str:
    """Return the SHA-256 of an array's bytes in C order, little-endian: of the elements, whatever file holds them.

    Of texts it is that of each one's length in bytes (8 bytes) and its characters (4 bytes each).
    """
    found = Digest()
    for block in little_blocks(data):
        found.update(block)
    return found.sha256


def check(data: LazyArray) -> int:
    """Return the CRC-32 of the same bytes, which is quicker."""
    crc = 0
    for block in little_blocks(data):
        crc = crc32(told(block), crc)
    return crc


class Writer(ABC):
    """Writes one format. `many`: whether a file holds more than one tensor; `dtypes`: kinds or characters it holds."""

    many = True
    groups = False  # "/" in a name makes a group
    folder = False  # the target is a folder

    @abstractmethod
    def write(self, path: Path, tensors: Sequence[Tensor], options: Options, sink: Sink, /) -> None:
        """Write them all to a new file, or a new folder, at `path`; the caller gives it its name afterwards.

        Raises DTypeError for what the format cannot hold: nothing is converted in silence.
        """

    def check(self, tensor: Tensor) -> None:
        """Raise DTypeError where the format cannot hold a tensor."""
        if tensor.data.dtype.kind not in "biufcU":
            raise DTypeError(f"{tensor.name}: {self.title} cannot hold {tensor.data.dtype}")

    @property
    def title(self) -> str:
        """What the format is called."""
        return type(self).__name__.removesuffix("Writer")


def opened(path: Path) -> IO[bytes]:
    """Open a file to be written from its start: as it is, empty, since one that is cut is flushed when it is closed."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
    if os.fstat(handle).st_size:
        os.ftruncate(handle, 0)
    return os.fdopen(handle, "wb")


def writer_for(path: Path) -> Writer:
    """Return what writes a file of this suffix. Raises UsageError naming the suffixes there are."""
    if path.suffix.lower() not in WRITERS:
        raise UsageError(
            f"{path}: wanted a suffix that tells the format, one of {', '.join(WRITERS)}, got {path.suffix!r}"
        )
    module = import_module(f"pybn.formats.{WRITERS[path.suffix.lower()]}")
    return cast("Writer", module.WRITER)


def missing(package: str, extra: str, error: Exception) -> FormatError:
    """Return the error of a format whose package is not installed."""
    return FormatError(f"needs the package {package}: pip install 'pybn[{extra}]' ({error})")


def import_extra(package: str, extra: str) -> Any:
    """Import an optional package. Raises FormatError that says how it is installed."""
    try:
        return import_module(package)
    except ImportError as error:
        raise missing(package, extra, error) from error
