"""MATLAB level 5 files (v5, v6 and, compressed, v7): their variables, read off the headers.

The layout is that of MathWorks' "MAT-File Format": a tag (type, length) before every element; an array is an
element of type 14 that holds its flags, dimensions and name as elements, then its values.
"""

from __future__ import annotations

import math
import struct
from typing import BinaryIO

from pybn.errors import FormatError
from pybn.formats import matlab
from pybn.formats.contents import Contents, Row, Rows
from pybn.formats.mat_source import MAX_INFLATED, BudgetError, Inflated, Source, Stored

HEADER = 128
INT32, MATRIX, COMPRESSED = 5, 14, 15
CELL, STRUCT, OBJECT, CHAR, SPARSE, FUNCTION, OPAQUE = 1, 2, 3, 4, 5, 16, 17
NUMERIC = dict(
    enumerate(
        ["double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"],
        start=6,
    )
)
COMPLEX, GLOBAL, LOGICAL = 0x0800, 0x0400, 0x0200
# miINT8 miUINT8 miINT16 miUINT16 miINT32 miUINT32 miSINGLE miDOUBLE miINT64 miUINT64
STORED_BYTES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8}
LONGEST_NAMES = 1 << 20
METADATA = 256


def contents(file: BinaryIO, size: int) -> Contents:
    """List the variables of an open file of `size` bytes. Raises FormatError if it is damaged or cut short."""
    header = file.read(HEADER)
    order = "<" if header[126:128] == b"IM" else ">"
    reader = _Reader(file, size, order, subsystem=struct.unpack(order + "Q", header[116:124])[0])
    compressed = reader.variables()
    kind = "MATLAB v7 (level 5, compressed)" if compressed else "MATLAB v5 or v6 (level 5, not compressed)"
    about = [f"header: {_decoded(header[:116]).rstrip()}"]
    if order == ">":
        about.append("byte order: big-endian")
    return Contents(kind, about, reader.rows.rows, reader.rows.unlisted)


class _Reader:
    """Walks one file and keeps the rows."""

    def __init__(self, file: BinaryIO, size: int, order: str, subsystem: int) -> None:
        self.rows = Rows()
        self._file, self._size, self._order, self._subsystem = file, size, order, subsystem
        self._budget = [MAX_INFLATED]

    def variables(self) -> bool:
        """List every variable; return whether one was compressed."""
        compressed = False
        position = HEADER
        while position < self._size:
            self._file.seek(position)
            kind, length = self._outer_tag(position)
            compressed |= kind == COMPRESSED
            self._variable(kind, length, "object data" if position == self._subsystem else "")
            position += 8 + length
        return compressed

    def _outer_tag(self, position: int) -> tuple[int, int]:
        tag = self._file.read(8)
        if len(tag) < 8 or position + 8 + struct.unpack(self._order + "4xI", tag)[0] > self._size:
            raise FormatError(
                f"a variable goes on past its end at {self._size:,} bytes; is it a download cut short?"
            )
        kind, length = struct.unpack(self._order + "II", tag)
        if kind not in (MATRIX, COMPRESSED):
            after = f" after {self.rows.rows[-1].name!r:.80}" if self.rows.rows else ""
            raise FormatError(
                f"at byte {position:,}{after} a variable should start, and none does; it is damaged"
            )
        return kind, length

    def _variable(self, kind: int, length: int, note: str) -> None:
        source: Source
        if kind == COMPRESSED:
            source = Inflated(self._file, length, self._budget)
            kind, length = struct.unpack(self._order + "II", source.read(8))
            if kind != MATRIX:
                raise FormatError("a compressed variable holds no array; the file is damaged")
        else:
            source = Stored(self._file, length)
        first = len(self.rows.rows)
        try:
            _Array(source, length, self._order, self.rows).read("", 0, note)
        except BudgetError:
            if len(self.rows.rows) > first:
                row = self.rows.rows[first]
                row.note = (
                    f"{row.note} inflates past {MAX_INFLATED >> 30} GiB: not all of it is listed".lstrip()
                )


class _Array:
    """One array in a source: its header, and the arrays in it."""

    def __init__(self, source: Source, length: int, order: str, rows: Rows) -> None:
        self._source, self._order, self._rows = source, order, rows
        self._end = source.position + length

    def read(self, name: str, depth: int, note: str = "") -> None:
        """Add the array's row, and those of its members; leave the source at the array's end or before it."""
        flags = self._numbers("I", 8)
        if len(flags) != 2:
            raise FormatError("an array starts without its flags; the file is damaged")
        class_ = flags[0] & 0xFF
        shape = (1, 1) if class_ == OPAQUE else self._shape()
        own_name = self._name()
        row = Row(name or own_name, depth, "", shape, note=note)
        if flags[0] & GLOBAL:
            row.note = f"global {note}".rstrip()
        self._describe(row, class_, flags)

    def _describe(self, row: Row, class_: int, flags: tuple[int, ...]) -> None:
        if class_ in (CELL, STRUCT, OBJECT):
            self._container(row, class_)
        elif class_ == OPAQUE:
            self._opaque(row)
        elif class_ == FUNCTION:
            row.type = "function_handle"
            self._rows.add(row)
        elif class_ in (CHAR, SPARSE) or class_ in NUMERIC:
            self._values(row, class_, flags)
        else:
            raise FormatError(f"{row.name!r:.80} is of class number {class_}, and there is none such")

    def _values(self, row: Row, class_: int, flags: tuple[int, ...]) -> None:
        complex_, sparse = bool(flags[0] & COMPLEX), class_ == SPARSE
        name = "char" if class_ == CHAR else NUMERIC.get(class_, "double")
        name = "logical" if flags[0] & LOGICAL else name
        row.type = matlab.type_name(name, complex_=complex_, sparse=sparse)
        if sparse:
            row.note = f"{row.note} at most {flags[1]:,} nonzeros".lstrip()
        else:
            row.bytes = matlab.size(name, row.shape or (), complex_=complex_)
        if class_ in NUMERIC:
            self._check(row, flags)
        self._rows.add(row)

    def _check(self, row: Row, flags: tuple[int, ...]) -> None:
        """Hold the length of the stored values against the shape. (Text as UTF-8 may have any length.)"""
        kind, length, _ = self._tag()
        wanted = math.prod(row.shape or ())
        if row.type == "logical" and kind == INT32 and length == 4 * flags[1]:
            row.type, row.bytes = "sparse logical", None
            row.note = "lost: Octave saves a sparse logical so that nothing, Octave included, reads it back"
        elif STORED_BYTES.get(kind, 0) * wanted != length or (wanted and kind not in STORED_BYTES):
            shape = "x".join(map(str, row.shape or ()))
            raise FormatError(
                f"{row.name!r:.80} says it is {shape}, and {length:,} bytes are stored; it is damaged"
            )

    def _container(self, row: Row, class_: int) -> None:
        shape = row.shape or ()
        count = math.prod(shape)
        if class_ == CELL:
            row.type = "cell"
            labels, per_element = [""], 1
        else:
            row.type = f"{self._name()} object" if class_ == OBJECT else "struct"
            labels = self._field_names()
            per_element = len(labels)
        if not self._rows.add(row):
            return
        for index in range(self._rows.admit(row, count * per_element)):
            element, member = divmod(index, per_element)
            where = matlab.subscript(element, shape)
            label = labels[member] if count == 1 else f"({where}).{labels[member]}"
            self._member(f"{{{where}}}" if class_ == CELL else label, row.depth + 1)

    def _field_names(self) -> list[str]:
        widths = self._numbers("i", 4)
        joined = self._bytes(LONGEST_NAMES)
        width = widths[0] if len(widths) == 1 else 0
        if joined and (width <= 0 or len(joined) % width):
            raise FormatError("a struct's field names do not fit their own length; the file is damaged")
        return [_decoded(joined[at : at + width]) for at in range(0, len(joined), max(width, 1))]

    def _member(self, name: str, depth: int) -> None:
        kind, length, _ = self._tag()
        if kind != MATRIX:
            raise FormatError(f"{name!r:.80} should be an array, and is not; the file is damaged")
        end = self._source.position + length
        if not length:  # how an empty member is stored
            self._rows.add(Row(name, depth, "double", (0, 0), bytes=0))
            return
        _Array(self._source, length, self._order, self._rows).read(name, depth)
        if self._source.position > end:
            raise FormatError(f"{name!r:.80} is longer than its own length; the file is damaged")
        self._source.skip(end - self._source.position)

    def _opaque(self, row: Row) -> None:
        """Name an object of a class defined in MATLAB code; its properties are in the file's object data."""
        system = _decoded(self._bytes(LONGEST_NAMES))
        row.type = f"{_decoded(self._bytes(LONGEST_NAMES))} object"
        if system != "MCOS":
            row.note = system
        row.shape = self._object_shape()
        self._rows.add(row)

    def _object_shape(self) -> tuple[int, ...] | None:
        kind, length, _ = self._tag()
        if kind != MATRIX:
            return None
        words = _Array(self._source, length, self._order, self._rows).words()
        return matlab.object_shape(words)

    def words(self) -> tuple[int, ...]:
        """Return the first values of an array of uint32, () for any other."""
        flags = self._numbers("I", 8)
        self._shape()
        self._name()
        _, length, small = self._tag()
        data = self._source.read(min(length, METADATA)) if small is None else small
        is_uint32 = bool(flags) and NUMERIC.get(flags[0] & 0xFF) == "uint32"
        return self._unpacked("I", data) if is_uint32 else ()

    def _shape(self) -> tuple[int, ...]:
        shape = self._numbers("i", 4096)
        if len(shape) < 2 or min(shape) < 0:
            raise FormatError(f"an array has the dimensions {shape!r:.80}; the file is damaged")
        return shape

    def _name(self) -> str:
        return _decoded(self._bytes(4096))

    def _numbers(self, letter: str, most: int) -> tuple[int, ...]:
        return self._unpacked(letter, self._bytes(most))

    def _unpacked(self, letter: str, data: bytes) -> tuple[int, ...]:
        return struct.unpack(f"{self._order}{len(data) // 4}{letter}", data[: len(data) // 4 * 4])

    def _bytes(self, most: int) -> bytes:
        """Return the data of the next element, at most `most` bytes, and leave the source after its padding."""
        _, length, small = self._tag()
        if small is not None:
            return small
        if length > most:
            raise FormatError(
                f"a part of a header holds {length:,} bytes, where {most:,} can be; it is damaged"
            )
        data = self._source.read(length)
        self._source.skip(-length % 8)
        return data

    def _tag(self) -> tuple[int, int, bytes | None]:
        """Return the next element's type and length, and its data where they are in the tag, as four bytes fit."""
        kind, length = struct.unpack(self._order + "II", tag := self._source.read(8))
        small = kind >> 16
        if small > 4:
            raise FormatError("an element of a variable has no type that there is; the file is damaged")
        if small:
            return kind & 0xFFFF, small, tag[4 : 4 + small]
        if self._source.position + length > self._end:
            raise FormatError("an element is longer than the variable that it is in; the file is damaged")
        return kind, length, None


def _decoded(name: bytes) -> str:
    return name.split(b"\0")[0].decode("utf-8", "surrogateescape")
