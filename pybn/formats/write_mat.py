"""Write .mat for MATLAB and Octave: v5, or v7, which is the same compressed."""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import scipy.sparse

from pybn.errors import DTypeError, UsageError
from pybn.formats.mat5_encoding import COMPRESSED, HEADER, Array, Chars, Chunk, matrix
from pybn.formats.tensor import Options, Sink, Tensor, Writer, opened
from pybn.values import Cell, StructArray

LARGEST = (1 << 31) - (1 << 20)  # bytes of a variable of level 5
HELD = frozenset("?bBhHiIlLqQfdFDU")
PARTS = ["data", "indices", "indptr"]  # of a sparse matrix


class MatWriter(Writer):
    """Groups become structs. Arrays keep their shape, with the two dimensions that MATLAB's have at least."""

    groups = True
    title = ".mat"

    def check(self, tensor: Tensor) -> None:
        """Refuse what MATLAB has no class for, names that it cannot have, and what is too large for level 5."""
        if tensor.data.dtype.char not in HELD:
            raise DTypeError(f"{tensor.name}: MATLAB has no class for {tensor.data.dtype}; --dtype converts")
        if tensor.data.nbytes > LARGEST:
            raise DTypeError(
                f"{tensor.name}: {tensor.data.nbytes:,} bytes are more than the 2 GiB that a variable of .mat v7 may "
                "have; write .h5, which MATLAB reads by h5read"
            )

    def write(self, path: Path, tensors: Sequence[Tensor], options: Options, sink: Sink) -> None:
        """Write them all, one variable after the other."""
        if options.version not in ("", "5", "7"):
            raise UsageError(f".mat: wanted the version 5 or 7, got {options.version}")
        variables: dict[str, list[Tensor]] = {}
        for tensor in tensors:
            variables.setdefault(tensor.name.partition("/")[0], []).append(tensor)
        with opened(path) as out:
            out.write(HEADER)
            for name, within in variables.items():
                chunks = matrix(_variable(within, sink), name)
                size = sum(map(len, chunks))
                if size > LARGEST + (1 << 20):
                    raise DTypeError(
                        f"{name}: {size:,} bytes are more than the 2 GiB that a variable of .mat may have; write .h5"
                    )
                if options.version == "5":
                    out.writelines(chunks)
                else:
                    _compress(out, chunks)


def _compress(out: IO[bytes], chunks: Sequence[Chunk]) -> None:
    """Write a compressed variable, and how long it came out before it."""
    start = out.tell()
    out.write(bytes(8))
    packer = zlib.compressobj()
    for chunk in chunks:
        out.write(packer.compress(chunk))
    out.write(packer.flush())
    stop = out.tell()
    out.seek(start)
    out.write(struct.pack("<II", COMPRESSED, stop - start - 8))
    out.seek(stop)


def _variable(tensors: Sequence[Tensor], sink: Sink) -> Any:
    """Return the value of a variable: an array, or of several a struct of structs."""
    told: dict[str, Any] = {}
    sparse: dict[tuple[str, ...], tuple[int, ...]] = {}
    for tensor in tensors:
        *groups, last = tensor.name.split("/")
        inner = told
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[last] = _own(sink.whole(tensor), tensor.about)
        if tensor.about.get("format") == "csc":
            sparse[tuple(groups)] = _shape(tensor.about)
    for where, shape in sparse.items():
        _join(told, where, shape)
    (value,) = told.values()
    return value


def _shape(about: Mapping[str, str]) -> tuple[int, ...]:
    told = about.get("shape", "")
    return tuple(int(n) for n in told.split("x")) if told else ()


def _own(x: Array, about: Mapping[str, str]) -> Any:
    """Return a value of its class: of two dimensions at least, a vector as a row."""
    class_, shape = about.get("class"), _shape(about)
    if x.dtype.kind == "U":
        return _text(x, shape if class_ == "char" else ())
    if class_ == "struct" and not x.size:
        if shape == (1, 1):
            return {}
        if 0 in shape:
            return StructArray(shape, tuple(json.loads(about.get("fields", "[]"))), ())
    x = x.reshape((1,) * (2 - x.ndim) + x.shape) if x.ndim < 2 else x
    if class_ == "char" and x.dtype == np.uint16:
        return Chars(x)
    return Cell(x.shape, ()) if class_ == "cell" and not x.size else x


def _text(x: Array, shape: tuple[int, ...]) -> Any:
    """Return text as char; texts as a cell, or where they are the rows of a char array of this shape as that."""
    rows = [text.encode("utf-16-le", "surrogatepass") for text in x.ravel().tolist()]
    if not x.ndim:
        return Chars(np.frombuffer(rows[0], "<u2").reshape((1, -1) if rows[0] else (0, 0)))
    if shape and len({len(row) for row in rows}) <= 1 and math.prod(shape[:1] + shape[2:]) == len(rows):
        units = np.frombuffer(b"".join(rows), "<u2")
        if not units.size:
            return Chars(np.zeros(shape, np.uint16))
        stacked = units.reshape(*shape[:1:-1], shape[0], -1)
        return Chars(np.moveaxis(stacked.transpose(), [0, 1], [1, 0]))
    own = (1,) * (2 - x.ndim) + x.shape
    order = x.reshape(own).ravel(order="F").tolist()
    return Cell(own, tuple(_text(np.array(text), ()) for text in order))


def _join(told: dict[str, Any], groups: tuple[str, ...], shape: tuple[int, ...]) -> None:
    """Put a sparse matrix where its three parts are, if all are there, and of a class that MATLAB has sparse."""
    *above, last = groups
    for group in above:
        told = told[group]
    parts = told[last]
    if list(parts) != PARTS or parts["data"].dtype.char not in "?dD":
        return
    made = scipy.sparse.csc_array(tuple(part.ravel() for part in parts.values()), shape=shape)
    if made.has_canonical_format:
        told[last] = made


WRITER = MatWriter()
