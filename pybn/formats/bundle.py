"""Bundles: named arrays and one text, in one HDF5 file; saved models and checkpoints of a training are some.

    /               attrs: pybn_bundle (format version), sha256 (of all that is in it)
    /text           the text
    /arrays/<name>  each array at its shape and dtype, the name quoted as in a URL
Every element is under two checksums, HDF5's fletcher32 and the SHA-256; metadata is too, by libver="latest".
Nothing is compressed, so that no file can ask for more memory than it has bytes.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import h5py
import numpy as np
import numpy.typing as npt

from pybn.errors import DTypeError, FileError, FormatError
from pybn.formats.base import atomic_write

Array = npt.NDArray[Any]

VERSION = 1
_CHUNK = 1 << 24  # bytes, about: HDF5 wants a chunk to stay below 4 GiB
# What a damaged file makes h5py raise.
_FAULTS = (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError, MemoryError, OverflowError)


def write(path: str | os.PathLike[str], arrays: Mapping[str, Array], text: str) -> None:
    """Replace the file at `path` by one with these arrays and this text, all of it or nothing.

    Arrays are of numbers or truth values, in any order in memory; their names are not empty.
    Raises FileError where it cannot be written, DTypeError for arrays of something else.
    """
    image = _image({name: _plain(name, value) for name, value in arrays.items()}, text)
    with atomic_write(path) as temporary:
        temporary.write_bytes(image)


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Array], str]:
    """Return the arrays, in the order in which they were written, and the text; the arrays are C-ordered.

    Raises FileError where the file cannot be read, FormatError where it is damaged or something else.
    """
    where = Path(path)
    try:
        if not where.is_file():
            raise FileError(f"{where}: {'is no file' if where.exists() else 'there is no such file'}")
        with h5py.File(where, "r") as file:
            version = file.attrs.get("pybn_bundle")
            if version != VERSION:
                raise FormatError(f"{where}: wanted a bundle of arrays of version {VERSION}, got {version}")
            text, arrays = _contents(where, file)
            if bytes(file.attrs["sha256"]).decode() != _digest(arrays, text):
                raise FormatError(f"{where}: is damaged: its contents are not those that were written")
    except PermissionError as error:
        raise FileError(f"{where}: cannot be read: {error.strerror}") from error
    except _FAULTS as error:
        if isinstance(error, FormatError | FileError):
            raise
        raise FormatError(f"{where}: is damaged, or no bundle of arrays: {error}") from error
    return arrays, text


def is_hdf5(path: str | os.PathLike[str]) -> bool:
    """Tell whether a file starts as HDF5 does. Raises FileError where it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return file.read(8) == b"\x89HDF\r\n\x1a\n"
    except (OSError, ValueError) as error:
        words = error.strerror if isinstance(error, OSError) else error
        raise FileError(f"{path}: cannot be read: {words}") from error


def _plain(name: str, value: Array) -> Array:
    """Return an array as it is stored: C-ordered, little-endian."""
    if not name:
        raise ValueError("wanted a name for each array, got an empty one")
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiub" or value.dtype.itemsize > 8:
        came = value.dtype if isinstance(value, np.ndarray) else type(value).__name__
        raise DTypeError(f"{name}: wanted an array of numbers or truth values, got {came}")
    # Not np.ascontiguousarray, which makes a scalar a vector.
    return np.array(value, value.dtype.newbyteorder("<"), order="C", subok=False)


def _image(arrays: Mapping[str, Array], text: str) -> bytes:
    """Return the bytes of the file. HDF5 makes them in memory: on a full disk it tears a file and says nothing."""
    with h5py.File("bundle", "w", libver="latest", driver="core", backing_store=False) as file:
        file.attrs["pybn_bundle"] = VERSION
        # Text of fixed length: that of any length is under no checksum.
        file.attrs["sha256"] = np.bytes_(_digest(arrays, text).encode())
        _write(file, "text", np.array(list(text.encode()), np.uint8))
        group = file.create_group("arrays", track_order=True)
        for name, value in arrays.items():
            _write(group, _quoted(name), value)
        file.flush()
        image: bytes = file.id.get_file_image()
    return image


def _write(group: h5py.Group, name: str, value: Array) -> None:
    # A scalar cannot be chunked, and an empty has nothing to check.
    stored = value.reshape(1) if value.ndim == 0 else value
    options: dict[str, Any] = {}
    if stored.size:
        row = stored[:1].nbytes
        options = {"fletcher32": True, "chunks": (max(1, min(len(stored), _CHUNK // row)), *stored.shape[1:])}
    dataset = group.create_dataset(name, data=stored, **options)
    if value.ndim == 0:
        dataset.attrs["scalar"] = 1


def _contents(path: Path, file: h5py.File) -> tuple[str, dict[str, Array]]:
    text = _read(path, file, "text").tobytes().decode()
    _want_hard(path, file, "arrays")
    group = file["arrays"]
    return text, {unquote(name): _read(path, group, name) for name in group}


def _read(path: Path, group: h5py.Group, name: str) -> Array:
    _want_hard(path, group, name)
    dataset = h5py.h5d.open(group.id, name.encode())
    dtype, plan = dataset.dtype, dataset.get_create_plist()
    size = math.prod(dataset.shape) * dtype.itemsize
    inside = plan.get_layout() != h5py.h5d.VIRTUAL and not plan.get_external_count()
    if not inside or dtype.kind not in "fiub" or dataset.get_storage_size() < size:
        raise FormatError(f"{path}: {name}: wanted numbers that are stored in this file, all of them")
    value: Array = np.empty(dataset.shape, dtype)
    if value.size:
        dataset.read(h5py.h5s.ALL, h5py.h5s.ALL, value)
    value = value.astype(dtype.newbyteorder("="), copy=False)
    return value.reshape(()) if h5py.h5a.exists(dataset, b"scalar") else value


def _want_hard(path: Path, group: h5py.Group, name: str) -> None:
    """Refuse a link to elsewhere instead of following it."""
    if group.id.links.get_info(name.encode()).type != h5py.h5l.TYPE_HARD:
        raise FormatError(f"{path}: {name}: is a link to elsewhere, which a bundle never has")


def _quoted(name: str) -> str:
    """Return a name that HDF5 takes: no slash, no lone dot."""
    return quote(name, safe=" []()=,+").replace(".", "%2E" if set(name) == {"."} else ".")


def _digest(arrays: Mapping[str, Array], text: str) -> str:
    """Return the SHA-256 of the text and of each array's name, shape, dtype and elements."""
    told = hashlib.sha256(f"{len(text.encode())} {text}".encode())
    for name, value in arrays.items():
        told.update(f"{len(name)} {name} {value.shape} {value.dtype.newbyteorder('<').str}".encode())
        told.update(value.astype(value.dtype.newbyteorder("<"), copy=False).tobytes())
    return told.hexdigest()
