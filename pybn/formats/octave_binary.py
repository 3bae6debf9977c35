"""Octave's `save -binary`, of either byte order, and what `-zip` made of it.

file  = "Octave-1-" and L or B, a byte for the format of floats, then values
value = length and name, length and comment, whether global, 255, length and name of its type, its data
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from pybn.errors import FormatError
from pybn.formats.flat import CHUNK
from pybn.formats.lazy import InMemory, LazyArray
from pybn.formats.mat_text import characters
from pybn.formats.octave_arrays import Pairs, diagonal, permutation
from pybn.formats.octave_parser import LEAST_LAZY, OctaveReader, Parser
from pybn.formats.octave_source import Source
from pybn.formats.octave_types import Shape, Type, decoded, spread, type_of
from pybn.formats.sparse_columns import columns

LONGEST = 1 << 16  # bytes of a name
DIMENSIONS = 64
STORED = ("u1", "u2", "u4", "i1", "i2", "i4", "f4", "f8", "u8", "i8")  # by the code before the elements
OLD = {1: "scalar", 2: "matrix", 3: "complex scalar", 4: "complex matrix", 6: "range", 7: "string"}
WORD = np.dtype(np.int32)
ANONYMOUS, SCOPED = "@<anonymous>", "@<scopedfunction>"


class BinaryParser(Parser):
    """Takes the bytes of a file apart from the front on."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source, self._bytes = source, source.begin()
        self._ahead = b""
        self._order: Literal["<", ">"] = "<"
        self._number: int | None = None
        head = self.take(11)
        if head[10] not in (0, 1):
            raise FormatError(
                f"{source.path}: floats in a format that is none of IEEE's (number {head[10]} at byte 10)"
            )
        self._order = "<" if head[9:10] == b"L" else ">"

    @property
    def place(self) -> str:
        """Where in the file it is, or in what is inflated."""
        return f"at byte {self._bytes.position - len(self._ahead):,}"

    # Bytes.

    def take(self, count: int) -> bytes:
        """Return just so many bytes. Raises FormatError where they are not there."""
        self._room(count)
        blocks, self._ahead = [self._ahead[:count]], self._ahead[count:]
        left = count - len(blocks[0])
        while left:
            block = self._bytes.read(min(CHUNK, left))
            if not block:
                raise FormatError(f"breaks off, {left:,} bytes short")
            blocks.append(block)
            left -= len(block)
        return b"".join(blocks)

    def _skip(self, count: int) -> None:
        self._room(count)
        if self._source.size is not None:
            self._bytes.position += count - len(self._ahead)
            self._ahead = b""
            return
        while count:
            count -= len(self.take(min(CHUNK, count)))

    def _room(self, count: int) -> None:
        if count < 0:
            raise FormatError(f"says that something takes {count:,} bytes")
        size, position = self._source.size, self._bytes.position - len(self._ahead)
        if size is not None and position + count > size:
            raise FormatError(f"breaks off, {position + count - size:,} bytes short")

    def _integer(self) -> int:
        return int.from_bytes(self.take(4), "little" if self._order == "<" else "big", signed=True)

    def _name(self) -> str:
        length = self._integer()
        if not 0 <= length <= LONGEST:
            raise FormatError(f"a name of {length:,} bytes")
        return decoded(self.take(length))

    def _flat(self, kept: np.dtype[Any], count: int) -> Any:
        """Return elements that are needed at once, native."""
        x = np.frombuffer(self.take(count * kept.itemsize), kept.newbyteorder(self._order))
        return x.astype(kept, copy=False)

    # Values.

    def header(self) -> tuple[str, Type] | None:
        """Read the head of a value; no byte more is the end of the file."""
        self._ahead = self._ahead or self._bytes.read(1)
        if not self._ahead:
            return None
        name = self._name()
        self._skip(self._integer())
        kind = self.take(2)[1]
        if kind != 255 and kind not in OLD:
            raise FormatError(f"{name!r:.80} has a type of the number {kind}, which is not known")
        return name, type_of(OLD[kind] if kind in OLD else self._name())

    def shape(self) -> tuple[int, ...] | None:
        """Read dimensions: how many, with a minus, and each; in old files it is a number of something else."""
        number = self._integer()
        if number >= 0:
            self._number = number
            return None
        if -number > DIMENSIONS:
            raise FormatError(f"an array of {-number} dimensions")
        shape = tuple(self._integer() for _ in range(-number))
        if min(shape) < 0:
            raise FormatError(f"an array of the dimensions {list(shape)}")
        return shape

    def length(self) -> int:
        """Read the number of fields, which in old files stood where dimensions were looked for."""
        count = self._integer() if self._number is None else self._number
        self._number = None
        if count < 0:
            raise FormatError(f"a struct of {count} fields")
        return count

    def class_name(self) -> str:
        """Read the name of a class."""
        return self._name()

    def text(self) -> Any:
        """Read a char array, column by column; in old files row by row."""
        shape = self.shape()
        if shape is not None:
            return characters(np.frombuffer(self.take(math.prod(shape)), np.uint8), shape)
        rows = [self.take(self._integer()) for _ in range(self.length())]
        width = len(rows[0]) if rows else 0
        if any(len(row) != width for row in rows):
            raise FormatError("a char array of rows that are not as long as each other")
        units = np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), width)
        return characters(units.reshape(-1, order="F"), units.shape)

    def function(self) -> None:
        """Pass over a function handle: its name; of an anonymous one its text, and the variables that it keeps."""
        name = self._name()
        if name.startswith(ANONYMOUS):
            kept = name.removeprefix(ANONYMOUS).strip()
            self._skip(self._integer())
            for _ in range(int(kept or 0)):
                self.child()
        elif SCOPED in name:
            self.cell()

    def numbers(self, type_: Type) -> Any:
        """Read a value that is made of numbers."""
        whole = type_.dtype.kind in "iub"  # which are kept as they are
        match type_.shape:
            case Shape.SCALAR:
                return self._array((1, 1), type_.dtype, whole=whole)
            case Shape.MATRIX:
                return self._array(self._extents(), type_.dtype, whole=whole)
            case Shape.RANGE:
                base, limit, increment = self._array((3, 1), np.dtype("f8"), whole=False).ravel().tolist()
                return spread(base, limit, increment, None, type_.dtype)
            case Shape.SPARSE:
                return self._sparse(type_.dtype)
            case Shape.DIAGONAL:
                rows, columns = self._integer(), self._integer()
                shape = (max(rows, 0), max(columns, 0))
                values = np.asarray(self._array((min(shape), 1), type_.dtype, whole=False))
                return diagonal(values.ravel(), shape)
        return self._permutation()

    def _extents(self) -> tuple[int, ...]:
        shape = self.shape()
        return shape if shape is not None else (self.length(), self._integer())

    def _array(self, shape: tuple[int, ...], dtype: np.dtype[Any], *, whole: bool) -> Any:
        """Read elements, before which stands what they are kept as, unless they are whole numbers or truth values."""
        kept = np.dtype("u1") if dtype.kind == "b" else dtype
        if not whole:
            code = self.take(1)[0]
            if code >= len(STORED):
                raise FormatError(f"elements that are kept as number {code}, which is not known")
            kept = np.dtype(STORED[code])
        if dtype.kind != "c":
            return self._elements(shape, kept, dtype)
        if kept.kind == "f":
            return self._elements(shape, np.result_type(kept, np.complex64), dtype)
        pairs = self._elements((2, *shape), kept, kept)
        return Pairs(pairs if isinstance(pairs, LazyArray) else InMemory(pairs), dtype)

    def _elements(self, shape: tuple[int, ...], kept: np.dtype[Any], dtype: np.dtype[Any]) -> Any:
        """Read elements that are kept as one dtype and are of another; or of many only where they are."""
        count = math.prod(shape)
        if count * dtype.itemsize < LEAST_LAZY:
            return self._flat(kept, count).astype(dtype, copy=False).reshape(shape, order="F")
        position = self._bytes.position - len(self._ahead)
        self._skip(count * kept.itemsize)
        return self._source.array(position, shape, kept.newbyteorder(self._order), dtype)

    def _sparse(self, dtype: np.dtype[Any]) -> Any:
        shape = self.shape() or ()
        if len(shape) != 2:
            raise FormatError(f"a sparse matrix of the dimensions {list(shape)}")
        count = self.length()
        starts = self._flat(WORD, shape[1] + 1).astype(np.int64)
        rows = self._flat(WORD, count).astype(np.int64)
        data = np.asarray(self._array((count, 1), dtype, whole=dtype.kind == "b")).ravel()
        return columns(data, rows, starts, (shape[0], shape[1]))

    def _permutation(self) -> Any:
        count = self.length()
        by_column = bool(self.take(1)[0])
        return permutation(self._flat(np.dtype(np.int64), count), by_column=by_column)


def open_reader(path: str) -> OctaveReader:
    """Read a file but for its large arrays. Raises FormatError where not even a name can be made out."""
    return OctaveReader(path, "Octave binary (save -binary)", BinaryParser(Source(path)))
