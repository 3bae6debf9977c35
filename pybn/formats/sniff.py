"""What a file is, told from its first bytes and never from its name."""

from __future__ import annotations

import os
import re
import stat
from enum import StrEnum
from typing import BinaryIO

from pybn.errors import FileError, FormatError
from pybn.formats.mat import v4_header

HEAD = 4096
HDF5 = b"\x89HDF\r\n\x1a\n"


class Kind(StrEnum):
    """The kinds of file that can be listed; the value is the module that reads it."""

    MAT = "mat"
    HDF5 = "hdf5"


_OCTAVE_ADVICE = "load it in Octave and save it again with `save -v7 FILE.mat` or `save -hdf5 FILE.h5`"

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
    (rb"# Created by Octave", "an Octave text file (`save -text`, Octave's default)", _OCTAVE_ADVICE),
    (rb"# name: ", "an Octave text file (`save -text`)", _OCTAVE_ADVICE),
    (rb"Octave-1-[LB]", "an Octave binary file (`save -binary`)", _OCTAVE_ADVICE),
    (rb"PK\x03\x04.{26,60}\.npy", "a NumPy .npz archive", "save its arrays with scipy.io.savemat or h5py"),
    (rb"PK\x03\x04.{26,200}data\.pkl", "a PyTorch file (a zip archive)", ""),
    (rb"PK\x03\x04", "a zip archive", "unpack it first"),
    (rb"\x93NUMPY", "a NumPy .npy file", "save the array with scipy.io.savemat or h5py"),
    (rb"\x80[\x02-\x05]", "a Python pickle", "save the values with scipy.io.savemat or h5py"),
    (
        rb"\x1f\x8b",
        "gzip-compressed",
        "unpack it first; what `save -zip` of Octave wrote, load and save in Octave",
    ),
    (rb"BZh[1-9]", "bzip2-compressed", "unpack it first"),
    (rb"\xfd7zXZ\x00", "xz-compressed", "unpack it first"),
    (rb"\x28\xb5\x2f\xfd", "zstd-compressed", "unpack it first"),
    (rb"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
    (rb"Rar!\x1a\x07", "a RAR archive", "unpack it first"),
    (rb".{257}ustar", "a tar archive", "unpack it first"),
    (rb".{8}\{\s*\"", "a safetensors file", ""),
    (rb"\x0e\x03\x13\x01", "HDF4, the format before HDF5", "convert it with h4toh5"),
    (rb"CDF[\x01\x02\x05]", "a classic netCDF file", "convert it with `nccopy -k netCDF-4`"),
    (rb"%PDF-", "a PDF", ""),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "a picture", ""),
    (rb"\x7fELF|MZ|\xcf\xfa\xed\xfe", "a compiled program or mex file", ""),
)


def sniff(path: str) -> Kind:
    """Return what kind of file `path` is.

    Raises FileError where it cannot be opened or is not a regular file, and FormatError, naming what it
    looks like and what to do, where it is nothing that can be listed.
    """
    with _open(path) as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(HEAD)
        if _hdf5(file, size):
            return Kind.HDF5
    if head[126:128] in (b"IM", b"MI") and head[:4] != bytes(4):
        return Kind.MAT
    if _version_4(head):
        return Kind.MAT
    raise FormatError(f"{path}: {_what_else(head, size)}")


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
        raise FileError(f"{path}: is {what}, and a .mat or HDF5 file was wanted")
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
    wanted = "wanted: a MATLAB .mat file (v4 to v7.3) or HDF5"
    if not size:
        return f"is empty (0 bytes); {wanted}; was the download or the save interrupted?"
    if head[:8] == HDF5[: len(head)] or head.startswith((b"MATLAB 5.0 MAT", b"MATLAB 7.3 MAT")):
        return f"starts as a .mat or HDF5 file and breaks off, at {size:,} bytes; download or save it again"
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
