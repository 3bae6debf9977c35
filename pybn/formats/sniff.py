"""What a file is, told from its first bytes and never from its name."""

from __future__ import annotations

import os
import re
import stat
import zlib
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from pybn.errors import FileError, FormatError
from pybn.formats.mat4_headers import v4_header, v4_machine

HEAD = 4096
_ZARR = ("zarr.json", ".zgroup", ".zarray")
HDF5 = b"\x89HDF\r\n\x1a\n"


class Kind(StrEnum):
    """The kinds of file that can be read; the value is the module that lists it."""

    MAT = "mat"
    HDF5 = "hdf5"
    OCTAVE_TEXT = "octave_text"
    OCTAVE_BINARY = "octave_binary"
    NPY = "npy"
    NPZ = "npz"
    SAFETENSORS = "safetensors"
    ZARR = "zarr"


# Kinds that are told by how they start; gzip may hold what Octave's `save -zip` wrote.
_STARTS: tuple[tuple[bytes, Kind], ...] = (
    (rb"# (Created by Octave|name: )", Kind.OCTAVE_TEXT),
    (rb"Octave-1-[LB]", Kind.OCTAVE_BINARY),
    (rb"\x93NUMPY", Kind.NPY),
    (rb"PK\x03\x04.{26,4000}?\.npy", Kind.NPZ),
    (rb".{5}\0{3}\{\s*[\"}]", Kind.SAFETENSORS),
)

# What it starts with, what that is, and what to do about it.
_KNOWN: tuple[tuple[bytes, str, str], ...] = (
    (
        rb"version https://git-lfs",
        "a Git LFS pointer, not the file itself",
        "run `git lfs pull` where it came from",
    ),
    (
        rb"\s*<(!doctype html|html|head|body)",
        "a web page, most likely an error page",
        "download the file itself",
    ),
    (rb"\s*<\?xml", "XML", ""),
    (rb"PK\x03\x04.{26,200}data\.pkl", "a PyTorch file (a zip archive)", ""),
    (rb"PK\x03\x04", "a zip archive", "unpack it first"),
    (rb"\x80[\x02-\x05]", "a Python pickle", "save the values with scipy.io.savemat or h5py"),
    (rb"\x1f\x8b", "gzip-compressed", "unpack it first"),
    (rb"BZh[1-9]", "bzip2-compressed", "unpack it first"),
    (rb"\xfd7zXZ\x00", "xz-compressed", "unpack it first"),
    (rb"\x28\xb5\x2f\xfd", "zstd-compressed", "unpack it first"),
    (rb"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
    (rb"Rar!\x1a\x07", "a RAR archive", "unpack it first"),
    (rb".{257}ustar", "a tar archive", "unpack it first"),
    (rb"\x0e\x03\x13\x01", "HDF4, the format before HDF5", "convert it with h4toh5"),
    (rb"CDF[\x01\x02\x05]", "a classic netCDF file", "convert it with `nccopy -k netCDF-4`"),
    (rb"%PDF-", "a PDF", ""),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "a picture", ""),
    (rb"\x7fELF|MZ|\xcf\xfa\xed\xfe", "a compiled program or mex file", ""),
)


def sniff(path: str) -> Kind:
    """Return what kind of file `path` is.

    Raises FileError where it cannot be opened or is not a regular file, and FormatError, naming what it
    looks like and what to do, where it is nothing that can be read.
    """
    with suppress(OSError, ValueError):  # a name that cannot be one, which opening it tells
        if (folder := Path(path)).is_dir() and any((folder / name).is_file() for name in _ZARR):
            return Kind.ZARR
    with _open(path) as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(HEAD)
        if _hdf5(file, size):
            return Kind.HDF5
    if head[126:128] in (b"IM", b"MI") and head[:4] != bytes(4):
        return Kind.MAT
    if _version_4(head):
        return Kind.MAT
    start = _inflated(head)
    for pattern, kind in _STARTS:
        if re.match(pattern, start, re.DOTALL):
            return kind
    raise FormatError(f"{path}: {_what_else(head, size)}")


def _inflated(head: bytes) -> bytes:
    """Return the start of what gzip holds, or the start as it is."""
    if not head.startswith(b"\x1f\x8b"):
        return head
    with suppress(zlib.error):
        return zlib.decompressobj(31).decompress(head, 64)
    return head


def _open(path: str) -> BinaryIO:
    try:
        # Opened without waiting, because opening a named pipe would wait for its other end.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise FileError(f"{path}: cannot be opened: {reason}") from error
    if not stat.S_ISREG(mode := os.fstat(handle).st_mode):
        os.close(handle)
        what = "a folder" if stat.S_ISDIR(mode) else "a pipe, socket or device"
        raise FileError(f"{path}: is {what}, and a data file was wanted")
    return os.fdopen(handle, "rb")


def _hdf5(file: BinaryIO, size: int) -> bool:
    """Look where HDF5 allows its signature: at 0, 512, 1024, 2048 and so on, after a block of the user's."""
    offset = 0
    while offset < size:
        file.seek(offset)
        if file.read(len(HDF5)) == HDF5:
            return True
        offset = max(512, 2 * offset)
    return False


def _version_4(head: bytes) -> bool:
    header = v4_header(head)
    if header is None:
        return False
    name = head[20 : 20 + header.name_length]
    return bool(re.fullmatch(rb"[A-Za-z][A-Za-z0-9_]*\0+", name[:64] if len(name) <= 64 else name))


def _what_else(head: bytes, size: int) -> str:
    wanted = (
        "wanted: a MATLAB .mat file (v4 to v7.3), HDF5, what Octave saves, .npy, .npz, safetensors or zarr"
    )
    if not size:
        return f"is empty (0 bytes); {wanted}; was the download or the save interrupted?"
    if head[:8] == HDF5[: len(head)] or head.startswith((b"MATLAB 5.0 MAT", b"MATLAB 7.3 MAT")):
        return f"starts as a .mat or HDF5 file and breaks off, at {size:,} bytes; download or save it again"
    if machine := v4_machine(head):
        return f"looks like a MATLAB v4 file of {machine}; {wanted}; load it in MATLAB and save it again"
    for pattern, what, advice in _KNOWN:
        if re.match(pattern, head, re.DOTALL | re.IGNORECASE):
            return f"looks like {what}; {wanted}" + (f"; {advice}" if advice else "")
    return f"looks like {_unknown(head, size)}; {wanted}"


def _unknown(head: bytes, size: int) -> str:
    if not head.strip(b"\0"):
        where = "zero bytes and nothing else" if size <= HEAD else "zero bytes at its start"
        return f"{where}, as an interrupted download leaves them"
    text = head.decode("utf-8", "replace")
    odd = sum(not (one.isprintable() or one.isspace()) for one in text)
    if odd <= 1:  # a character may be cut in two at the end
        return f"text, which starts with {text.strip()[:40]!a}"
    return f"binary data of an unknown kind, which starts with {head[:8].hex(' ')}"
