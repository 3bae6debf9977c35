"""Octave's `save -text`, as it is or made by `-zip`: values with lines of comments that say what follows."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats.flat import StreamArray
from pybn.formats.mat_text import characters
from pybn.formats.octave_arrays import diagonal, permutation
from pybn.formats.octave_lines import Lines
from pybn.formats.octave_parser import LEAST_LAZY, OctaveReader, Parser
from pybn.formats.octave_source import Source
from pybn.formats.octave_tokens import Tokens, parsed
from pybn.formats.octave_types import Shape, Type, decoded, spread, type_of
from pybn.formats.sparse_columns import from_places

KEY = re.compile(rb"[#%]\s*([a-z][a-z, _]*?)(?::[ \t]*(.*))?", re.DOTALL)
DIMENSIONS = 64
LARGEST = 1 << 31  # rows or columns of a sparse matrix
WIDEST = 64  # bytes of a number, with what is around it
TRAILING = 4096  # bytes of blank lines behind a value
FLOAT = np.dtype(np.float64)


class TextParser(Parser):
    """Takes the lines of a file apart from the front on."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._lines = Lines(source)
        self._length: int | None = None

    @property
    def place(self) -> str:
        """Where in the file it is."""
        return f"line {self._lines.number:,}"

    # Keys: lines such as "# rows: 3".

    def _key(self, *wanted: str) -> tuple[str, bytes]:
        """Read the next line of one of these keys, past blank lines and other comments. Raises FormatError."""
        while (line := self._lines.next()) is not None:
            match = KEY.fullmatch(line)
            if match and (key := match[1].decode()) in wanted:
                return key, (match[2] or b"").strip()
            if line.strip() and (not match or match[1] in (b"name", b"type")):
                raise FormatError(f"wanted {' or '.join(f'# {key}:' for key in wanted)}, got {_shown(line)}")
        raise FormatError(f"breaks off, where # {wanted[0]}: was wanted")

    def _number(self, *wanted: str) -> tuple[str, int]:
        key, said = self._key(*wanted)
        if not re.fullmatch(rb"\d{1,18}", said):
            raise FormatError(f"wanted a number after # {key}:, got {_shown(said)}")
        return key, int(said)

    def header(self) -> tuple[str, Type] | None:
        """Read the name and the type of the next value, None where only blank lines and comments are left."""
        while (line := self._lines.next()) is not None:
            match = KEY.fullmatch(line)
            if match and match[1] == b"name":
                name = decoded((match[2] or b"").strip())
                return name, type_of(decoded(self._key("type")[1]).removeprefix("global "))
            if line.strip() and line[:1] not in (b"#", b"%"):
                raise FormatError(f"wanted # name:, got {_shown(line)}")
        return None

    # Values.

    def shape(self) -> tuple[int, ...] | None:
        """Read dimensions: rows and columns, or how many and each; a length instead is that of an old struct."""
        key, count = self._number("ndims", "rows", "length")
        if key == "length":
            self._length = count
            return None
        return self._dims(count) if key == "ndims" else (count, self._number("columns")[1])

    def _dims(self, count: int) -> tuple[int, ...]:
        words = (self._lines.next() or b"").split()
        if count > DIMENSIONS or len(words) != count or not all(word.isdigit() for word in words):
            raise FormatError(f"wanted {count} dimensions, got {_shown(b' '.join(words))}")
        return tuple(map(int, words))

    def length(self) -> int:
        """Read the number of fields, before which dimensions may stand."""
        if self._length is not None:
            count, self._length = self._length, None
            return count
        key, count = self._number("length", "ndims")
        if key == "ndims":
            self._dims(count)
            count = self._number("length")[1]
        return count

    def class_name(self) -> str:
        """Read the name of a class."""
        return decoded(self._key("classname")[1])

    def text(self) -> Any:
        """Read a char array: its rows, each with its length before it; of more dimensions column by column."""
        key, count = self._number("elements", "ndims", "length")
        if key == "ndims":
            shape = self._dims(count)
            return characters(np.frombuffer(self._lines.take(math.prod(shape)), np.uint8), shape)
        if key == "length":
            return characters(np.frombuffer(self._lines.take(count), np.uint8), (1, count))
        rows = []
        for _ in range(count):
            rows.append(self._lines.take(self._number("length")[1]))
            self._lines.next()
        width = len(rows[0]) if rows else 0
        if any(len(row) != width for row in rows):
            raise FormatError("a char array of rows that are not as long as each other")
        units = np.frombuffer(b"".join(rows), np.uint8).reshape(count, width)
        return characters(units.reshape(-1, order="F"), units.shape)

    def function(self) -> None:
        """Pass over a function handle: its name; of an anonymous one its text, and the variables that it keeps."""
        scoped = False
        while (line := self._lines.next()) is not None and line[:1] in (b"#", b"%"):
            scoped = scoped or line.endswith(b"subtype: scopedfunction")
        if line is None or not line.strip():
            raise FormatError("a function handle without a name")
        if scoped:
            self.cell()
        elif line.startswith(b"@<anonymous>"):
            self._lines.next()
            if self._lines.peek().startswith(b"# length:"):
                self.fields()

    def numbers(self, type_: Type) -> Any:
        """Read a value that is made of numbers."""
        match type_.shape:
            case Shape.SCALAR:
                return self._array((1, 1), type_.dtype, by_row=False)
            case Shape.MATRIX:
                return self._matrix(type_.dtype)
            case Shape.RANGE:
                self._key("base, limit, increment")
                base, limit, increment = self._flat(FLOAT, 3).tolist()
                return spread(base, limit, increment, None, type_.dtype)
            case Shape.SPARSE:
                return self._sparse(type_.dtype)
            case Shape.DIAGONAL:
                shape = self._number("rows")[1], self._number("columns")[1]
                return diagonal(self._flat(type_.dtype, min(shape)), shape)
        count, orient = self._number("size")[1], self._key("orient")[1]
        return permutation(self._flat(np.dtype(np.int64), count) - 1, by_column=orient == b"c")

    def _matrix(self, dtype: np.dtype[Any]) -> Any:
        key, count = self._number("rows", "ndims")
        if key == "ndims":
            return self._array(self._dims(count), dtype, by_row=False)
        return self._array((count, self._number("columns")[1]), dtype, by_row=True)

    def _array(self, shape: tuple[int, ...], dtype: np.dtype[Any], *, by_row: bool) -> Any:
        """Read the elements of an array, of a large one when they are asked for."""
        count = math.prod(shape)
        if count * dtype.itemsize < LEAST_LAZY:
            return self._flat(dtype, count).reshape(shape, order="C" if by_row else "F")
        region = self._region(count)
        source, label = self._source, self.label
        return StreamArray(
            lambda: Tokens(source, region, dtype, count, label), shape, dtype, row_major=by_row
        )

    def _region(self, count: int) -> tuple[int, int]:
        """Pass over numbers. Return where they begin and how many bytes they are. Raises FormatError."""
        start, length = self._lines.region()
        if 2 * count > length + 1:
            raise FormatError(f"wanted {count:,} elements, and has {length:,} bytes of text for them")
        return start, length

    def _flat(self, dtype: np.dtype[Any], count: int) -> Any:
        """Read elements that are needed at once."""
        if not count:
            return np.zeros(0, dtype)
        start = self.place
        text = self._lines.numbers(WIDEST * count + TRAILING)
        try:
            x = parsed(text, dtype)
        except FormatError as error:
            raise FormatError(f"{error} (after {start})") from error
        if len(x) != count:
            raise FormatError(f"wanted {count:,} numbers, got {len(x):,}")
        return x

    def _sparse(self, dtype: np.dtype[Any]) -> Any:
        """Read a sparse matrix: for each element its row and its column, from 1, and what it is."""
        count = self._number("nnz")[1]
        shape = self._number("rows")[1], self._number("columns")[1]
        width = 4 if dtype.kind == "c" else 3
        table = np.zeros((0, width))
        if count:
            tokens = Tokens(self._source, self._region(width * count), FLOAT, width * count, self.label)
            table = StreamArray(lambda: tokens, (count, width), FLOAT, row_major=True)[...]
        at = table[:, :2].astype(np.int64) - 1
        if max(shape) > LARGEST or not np.array_equal(at + 1, table[:, :2]):
            raise FormatError(f"a sparse matrix of {shape[0]}x{shape[1]} with elements at no row or column")
        data = table[:, 2:].copy().view(dtype) if width == 4 else table[:, 2].astype(dtype)
        return from_places(at, data.ravel(), shape)


def _shown(line: bytes) -> str:
    return repr(line[:60].decode("utf-8", "replace"))


def open_reader(path: str) -> OctaveReader:
    """Read a file but for its large arrays. Raises FormatError where not even a name can be made out."""
    return OctaveReader(path, "Octave text (save -text)", TextParser(Source(path)))
