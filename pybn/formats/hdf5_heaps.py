"""The heaps in which HDF5 keeps texts and lists of any length: a damaged one lets the library read on for ever."""

from __future__ import annotations

import mmap
import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py

from pybn.errors import FormatError

MOST = 32 << 20  # bytes of the largest file that is looked through: of larger ones only headers are read
_HEAP = b"GCOL\1\0\0\0"
_VIRTUAL = (b"\4\3", b"\5\3")  # the version and class of a layout, before the address of a heap
_HEAD, _OBJECT = 16, struct.Struct("<HHIQ")
_endless: dict[int, int] = {}  # by the number that the library gave a file: where its first endless heap is


def look_through(path: str, file: h5py.File) -> None:
    """Note whether a heap of a file has no end. (A heap may also be what is left of one, in space that is free.)

    Raises FormatError where a virtual dataset has its sources there, since the library reads them as it opens it.
    """
    if (found := _endless_of(path, file)) is None:
        return
    at, virtual = found
    if virtual:
        raise FormatError(
            f"{path}: the sources of a virtual dataset are in a heap that is damaged (at byte {at:,})"
        )
    with suppress(RuntimeError):
        _endless[_number(file)] = at


def _endless_of(path: str, file: h5py.File) -> tuple[int, bool] | None:
    """Return where the first endless heap is, and whether a virtual dataset needs it."""
    with suppress(OSError, ValueError, RuntimeError), Path(path).open("rb") as stream:
        if os.fstat(stream.fileno()).st_size > MOST:
            return None
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if (at := _first_endless(data)) is None:
                return None
            address = struct.pack("<Q", at - file.userblock_size)
            return at, any(data.find(layout + address) >= 0 for layout in _VIRTUAL)
    return None


def refuse_endless(item: Any) -> None:
    """Raise FormatError where texts and lists of the file that an object is in must not be read."""
    if _endless and (at := _endless.get(_number(item))) is not None:
        raise FormatError(f"texts or lists are kept in a heap that is damaged (at byte {at:,})")


def varies(kind: Any) -> bool:
    """Tell whether elements of a type are kept in a heap."""
    return bool(kind.detect_class(h5py.h5t.VLEN) or _text(kind) or _inner_text(kind))


def _text(kind: Any) -> bool:
    return isinstance(kind, h5py.h5t.TypeStringID) and bool(kind.is_variable_str())


def _inner_text(kind: Any) -> bool:
    if isinstance(kind, h5py.h5t.TypeArrayID):
        return varies(kind.get_super())
    if isinstance(kind, h5py.h5t.TypeCompoundID):
        return any(varies(kind.get_member_type(k)) for k in range(kind.get_nmembers()))
    return False


def _number(item: Any) -> int:
    return int(h5py.h5o.get_info(item.id).fileno)


def _first_endless(data: mmap.mmap) -> int | None:
    at = data.find(_HEAP)
    while at >= 0:
        if not _ends(data, at):
            return at
        at = data.find(_HEAP, at + 1)
    return None


def _ends(data: mmap.mmap, start: int) -> bool:
    """Tell whether going from object to object comes to the end of a heap, as the library does it."""
    (size,) = struct.unpack_from("<Q", data, start + 8) if start + _HEAD <= len(data) else (0,)
    at, end = start + _HEAD, start + size
    if end > len(data):
        return True  # which the library finds out
    while at + _OBJECT.size <= end:
        number, _, _, length = _OBJECT.unpack_from(data, at)
        step = (_OBJECT.size + length + -length % 8 if number else length) % (1 << 64)
        if step == 0 or step >= 1 << 63:
            return False
        at += step
    return True
