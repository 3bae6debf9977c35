"""safetensors: a JSON header, then every tensor's bytes in C order. Source: the format's own description.

Read and written here rather than by its package, which holds whole tensors in memory; tests hold the two together.
"""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats.flat import MappedArray
from pybn.formats.lazy import LazyArray

DTYPES = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "U16": "<u2",
    "I16": "<i2",
    "U32": "<u4",
    "I32": "<i4",
    "U64": "<u8",
    "I64": "<i8",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
    "C64": "<c8",
}
LARGEST = 100 << 20  # bytes of a header, the format's own limit
METADATA = "__metadata__"


class SafetensorsReader:
    """The tensors of a file, in the order of their bytes."""

    kind = "safetensors"
    row_major = True

    def __init__(self, path: str) -> None:
        self._path = path
        size = Path(path).stat().st_size
        with Path(path).open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))
            if length > min(LARGEST, size - 8):
                raise FormatError(
                    f"its header should be {length:,} bytes long, and the file is {size:,}; cut short?"
                )
            try:
                told = json.loads(file.read(length))
            except (ValueError, RecursionError) as error:
                raise FormatError(f"its header is damaged: {error}") from error
        self._start = 8 + length
        if not isinstance(told, dict):
            raise FormatError("its header is no table of tensors")
        self.metadata: dict[str, str] = told.pop(METADATA, {})
        self._tensors = {name: _tensor(name, each, size - self._start) for name, each in told.items()}

    def names(self) -> list[str]:
        """Return the names, in the order of the bytes."""
        return sorted(self._tensors, key=lambda name: self._tensors[name][2])

    def value(self, name: str) -> LazyArray:
        """Return a tensor. Raises FormatError for a dtype that NumPy lacks."""
        code, shape, start = self._tensors[name]
        if code not in DTYPES:
            raise FormatError(
                f"{name}: {code} is a dtype that NumPy lacks; wanted one of {', '.join(DTYPES)}"
            )
        return MappedArray(self._path, self._start + start, shape, DTYPES[code], row_major=True)

    def axes(self, name: str) -> tuple[str, ...] | None:
        """Return the names of the axes, where whoever wrote the file put them into its metadata."""
        told = self.metadata.get(f"{name}.axes") if isinstance(self.metadata, dict) else None
        return tuple(told.split()) if isinstance(told, str) else None

    def close(self) -> None:
        """Nothing is held but the maps, which go with the arrays."""


def _tensor(name: str, told: Any, size: int) -> tuple[str, tuple[int, ...], int]:
    try:
        code, shape, (start, stop) = told["dtype"], tuple(told["shape"]), told["data_offsets"]
        whole = all(type(n) is int and n >= 0 for n in (*shape, start, stop))
    except (TypeError, KeyError, ValueError) as error:
        raise FormatError(f"{name}: its entry in the header is damaged: {error!r}") from error
    if not whole or not isinstance(code, str) or not start <= stop <= size:
        raise FormatError(f"{name}: its bytes {start!r:.40} to {stop!r:.40} are not in the file's {size:,}")
    if code in DTYPES and math.prod(shape) * np.dtype(DTYPES[code]).itemsize != stop - start:
        raise FormatError(f"{name}: shape {list(shape)} of {code} does not fill {stop - start:,} bytes")
    return code, shape, start


def open_reader(path: str) -> SafetensorsReader:
    """Read the header of a file."""
    return SafetensorsReader(path)
