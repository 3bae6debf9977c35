"""The elements that an array of a level 5 .mat file is made of: a tag (type, length), data, padding to 8 bytes.

The layout is that of MathWorks' "MAT-File Format". An array is an element of type 14 (MATRIX) that holds its flags,
dimensions and name as elements, then its values.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from pybn.errors import FormatError
from pybn.formats.inflate import MOST
from pybn.formats.mat_source import Inflated, Source, Stored, located

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
STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
STORED_BYTES = {kind: int(letter[1]) for kind, letter in STORED.items()}
LONGEST_NAMES = 1 << 20

_PLAIN = {order: struct.Struct(f"{order}6I2i2I") for order in "<>"}

Tag = tuple[int, int, bytes | None]
OfObjects = Callable[[str, Any], Any]


@dataclass(frozen=True, slots=True)
class Head:
    """What an array says of itself before its values; `most` is how many nonzeros a sparse one has room for."""

    class_: int
    flags: int
    most: int
    shape: tuple[int, ...]
    name: str

    @property
    def complex(self) -> bool:
        """Whether there is an imaginary part."""
        return bool(self.flags & COMPLEX)

    @property
    def logical(self) -> bool:
        """Whether its values are true and false."""
        return bool(self.flags & LOGICAL)


class Elements:
    """The elements of an array of `length` bytes, read off a source in their order; `where` is for errors.

    `objects` makes values of objects of MATLAB code, of their class and of what describes them.
    """

    def __init__(
        self, source: Source, length: int, order: str, where: str = "", objects: OfObjects | None = None
    ) -> None:
        self.source, self.order, self.where, self.objects = source, order, where, objects
        self.end = source.position + length

    @property
    def left(self) -> int:
        """The bytes that the array has from here on."""
        return self.end - self.source.position

    def head(self) -> Head:
        """Read what every array starts with; an object of a class of MATLAB code has no dimensions here."""
        return self._plain() or self._any()

    def _plain(self) -> Head | None:
        """Read the head of an array of two dimensions without a name at once: cells can have millions of them."""
        form = _PLAIN[self.order]
        if self.left < form.size:
            return None
        a, b, flags, most, c, d, rows, columns, e, f = form.unpack(self.source.peek(form.size))
        if (a, b, c, d, e, f) != (6, 8, 5, 8, 1, 0) or flags & 0xFF == OPAQUE or rows < 0 or columns < 0:
            return None
        self.source.skip(form.size)
        return Head(flags & 0xFF, flags, most, (rows, columns), "")

    def _any(self) -> Head:
        flags = self.numbers("I", 8)
        if len(flags) != 2:
            raise FormatError("an array starts without its flags; the file is damaged")
        class_ = flags[0] & 0xFF
        shape = (1, 1) if class_ == OPAQUE else self.shape()
        return Head(class_, flags[0], flags[1], shape, self.text(4096))

    def shape(self) -> tuple[int, ...]:
        """Read dimensions."""
        shape = self.numbers("i", 4096)
        if len(shape) < 2 or min(shape) < 0:
            raise FormatError(f"an array has the dimensions {shape!r:.80}; the file is damaged")
        return shape

    def field_names(self) -> list[str]:
        """Read the names of a struct's fields."""
        widths = self.numbers("i", 4)
        joined = self.data(LONGEST_NAMES)
        width = widths[0] if len(widths) == 1 else 0
        if joined and (width <= 0 or len(joined) % width):
            raise FormatError("a struct's field names do not fit their own length; the file is damaged")
        return [decoded(joined[at : at + width]) for at in range(0, len(joined), max(width, 1))]

    def numbers(self, letter: str, most: int) -> tuple[int, ...]:
        """Read integers of four bytes, at most `most` bytes of them."""
        return self.unpacked(letter, self.data(most))

    def unpacked(self, letter: str, data: bytes) -> tuple[int, ...]:
        """Return the integers of four bytes in some data."""
        return struct.unpack(f"{self.order}{len(data) // 4}{letter}", data[: len(data) // 4 * 4])

    def text(self, most: int) -> str:
        """Read a name."""
        return decoded(self.data(most))

    def data(self, most: int) -> bytes:
        """Return the data of the next element, at most `most` bytes, and leave the source after its padding."""
        _, length, small = self.tag()
        if small is not None:
            return small
        if length > most:
            raise FormatError(
                f"a part of a header holds {length:,} bytes, where {most:,} can be; it is damaged"
            )
        data = self.source.read(length)
        self.source.skip(-length % 8)
        return data

    def lost_sparse(self, head: Head, tag: Tag) -> bool:
        """Say whether it is a sparse logical of Octave's: of a full one's class, with more behind its first element."""
        kind, length, small = tag
        return (
            head.logical and kind == INT32 and self.left > (0 if small is not None else length + -length % 8)
        )

    def tag(self) -> Tag:
        """Return the next element's type and length, and its data where they are in the tag, as four bytes fit."""
        kind, length = struct.unpack(self.order + "II", tag := self.source.read(8))
        small = kind >> 16
        if small > 4:
            raise FormatError("an element of a variable has no type that there is; the file is damaged")
        if small:
            return kind & 0xFFFF, small, tag[4 : 4 + small]
        if length > self.left:
            raise FormatError("an element is longer than the variable that it is in; the file is damaged")
        return kind, length, None


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a file: the byte where its tag stands, and the type and the length that this has."""

    position: int
    kind: int
    length: int

    @contextmanager
    def opened(
        self,
        file: BinaryIO,
        order: str,
        *,
        where: str = "",
        path: str = "",
        objects: OfObjects | None = None,
    ) -> Iterator[Elements]:
        """Give the array; a FormatError that is raised within says at which byte."""
        file.seek(self.position + 8)
        try:
            source, length = source_of(file, self.kind, self.length, order, path=path)
        except FormatError as error:
            raise FormatError(f"{error} (at byte {self.position:,})") from error
        with located(source):
            yield Elements(source, length, order, where, objects)


def outer(file: BinaryIO, size: int, order: str) -> Iterator[Variable]:
    """Yield the variables of a file, which then stands behind the tag of the one. Raises FormatError.

    Octave says of a char array of three or four characters below one another that it is four bytes longer than it is.
    """
    position = HEADER
    while position < size:
        kind, length = _tag(file, position, order)
        if length % 8 == 4 and not _starts(file, position + 8 + length, size, order):
            length -= 4 * _starts(file, position + 4 + length, size, order)
        if position + 8 + length > size:
            raise FormatError(
                f"the variable at byte {position:,} goes on past the end at {size:,}; is it a download cut short?"
            )
        if kind not in (MATRIX, COMPRESSED):
            raise FormatError(f"at byte {position:,} a variable should start, and none does; it is damaged")
        file.seek(position + 8)
        yield Variable(position, kind, length)
        position += 8 + length


def _tag(file: BinaryIO, position: int, order: str) -> tuple[int, int]:
    """Return the type and the length of what starts there; what is cut short is longer than any file."""
    file.seek(position)
    tag = file.read(8)
    return struct.unpack(order + "II", tag) if len(tag) == 8 else (0, 1 << 62)


def _starts(file: BinaryIO, position: int, size: int, order: str) -> bool:
    """Say whether a variable starts there, or the file ends."""
    return position == size or _tag(file, position, order)[0] in (MATRIX, COMPRESSED)


def source_of(
    file: BinaryIO, kind: int, length: int, order: str, *, path: str = "", budget: list[int] | None = None
) -> tuple[Source, int]:
    """Return the bytes of the array behind whose tag, of this type and length, a file stands, and how many they are.

    `path` is for `Stored`, `budget` for `Inflated`. Raises FormatError.
    """
    if kind != COMPRESSED:
        return Stored(file, length, path), length
    source = Inflated(file, length, budget)
    kind, inflated = struct.unpack(order + "II", source.read(8))
    if kind != MATRIX:
        raise FormatError("a compressed variable holds no array; the file is damaged")
    if inflated > MOST * length:
        raise FormatError(f"{length:,} compressed bytes cannot be the {inflated:,} that they are said to be")
    return source, inflated


def decoded(name: bytes) -> str:
    """Return a name, which ends before the first NUL."""
    return name.split(b"\0")[0].decode("utf-8", "surrogateescape")
