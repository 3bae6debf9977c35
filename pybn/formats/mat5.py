"""MATLAB level 5 files (v5, v6 and, compressed, v7): their variables, read off the headers.

The layout is that of MathWorks' "MAT-File Format": a tag (type, length) before every element; an array is an
element of type 14 that holds its flags, dimensions and name as elements, then its values.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

from pybn.errors import FormatError
from pybn.formats import matlab
from pybn.formats.contents import Contents, Row, Rows
from pybn.formats.mat5_elements import (
    CELL,
    CHAR,
    COMPRESSED,
    FUNCTION,
    GLOBAL,
    HEADER,
    LONGEST_NAMES,
    MATRIX,
    NUMERIC,
    OBJECT,
    OPAQUE,
    SPARSE,
    STORED_BYTES,
    STRUCT,
    Elements,
    Head,
    Variable,
    decoded,
    outer,
    source_of,
)
from pybn.formats.mat_source import MAX_INFLATED, BudgetError, Source, located


def contents(file: BinaryIO, size: int) -> Contents:
    """List the variables of an open file of `size` bytes. Raises FormatError if it is damaged or cut short."""
    header = file.read(HEADER)
    order = "<" if header[126:128] == b"IM" else ">"
    reader = _Reader(file, size, order, subsystem=struct.unpack(order + "Q", header[116:124])[0])
    compressed = reader.variables()
    kind = "MATLAB v7 (level 5, compressed)" if compressed else "MATLAB v5 or v6 (level 5, not compressed)"
    about = [f"header: {decoded(header[:116]).rstrip()}"]
    if order == ">":
        about.append("byte order: big-endian")
    return Contents(kind, about, reader.rows.rows, reader.rows.unlisted)


@dataclass
class Theirs:
    """The variables of a file that hold what is known of its objects, and the objects once they were read."""

    path: str
    order: str
    variables: list[Variable]
    objects: Any = None


class _Reader:
    """Walks one file and keeps the rows."""

    def __init__(self, file: BinaryIO, size: int, order: str, subsystem: int) -> None:
        self.rows = Rows()
        self._file, self._size, self._order, self._subsystem = file, size, order, subsystem
        self._budget = [MAX_INFLATED]

    def variables(self) -> bool:
        """List every variable; return whether one was compressed."""
        compressed = False
        found = list(outer(self._file, self._size, self._order))
        theirs = [variable for variable in found if variable.position == self._subsystem]
        self._objects = Theirs(self._file.name, self._order, theirs)
        for variable in found:
            self._file.seek(variable.position + 8)
            compressed |= variable.kind == COMPRESSED
            self._variable(variable, "object data" if variable.position == self._subsystem else "")
        return compressed

    def _variable(self, variable: Variable, note: str) -> None:
        kind, length = variable.kind, variable.length
        first = len(self.rows.rows)
        try:
            source, length = source_of(self._file, kind, length, self._order, budget=self._budget)
        except FormatError as error:
            raise FormatError(f"{error} (at byte {variable.position:,})") from error
        try:
            with located(source):
                _Array(source, length, self._order, self.rows, self._objects).read("", 0, note)
        except BudgetError:
            if len(self.rows.rows) > first:
                row = self.rows.rows[first]
                row.note = (
                    f"{row.note} inflates past {MAX_INFLATED >> 30} GiB: not all of it is listed".lstrip()
                )


class _Array(Elements):
    """One array in a source: its header, and the arrays in it."""

    def __init__(self, source: Source, length: int, order: str, rows: Rows, theirs: Theirs) -> None:
        super().__init__(source, length, order)
        self._rows, self._theirs = rows, theirs

    def read(self, name: str, depth: int, note: str = "") -> None:
        """Add the array's row, and those of its members; leave the source at the array's end or before it."""
        head = self.head()
        row = Row(name or head.name, depth, "", head.shape, note=note)
        if head.flags & GLOBAL:
            row.note = f"global {note}".rstrip()
        self._describe(row, head)

    def _describe(self, row: Row, head: Head) -> None:
        class_ = head.class_
        if class_ in (CELL, STRUCT, OBJECT):
            self._container(row, class_)
        elif class_ == OPAQUE:
            self._opaque(row)
        elif class_ == FUNCTION:
            row.type = "function_handle"
            self._rows.add(row)
        elif class_ in (CHAR, SPARSE) or class_ in NUMERIC:
            self._values(row, head)
        else:
            raise FormatError(f"{row.name!r:.80} is of class number {class_}, and there is none such")

    def _values(self, row: Row, head: Head) -> None:
        class_, complex_, sparse = head.class_, head.complex, head.class_ == SPARSE
        name = "char" if class_ == CHAR else NUMERIC.get(class_, "double")
        name = "logical" if head.logical else name
        row.type = matlab.type_name(name, complex_=complex_, sparse=sparse)
        if sparse:
            row.note = f"{row.note} at most {head.most:,} nonzeros".lstrip()
        else:
            row.bytes = matlab.size(name, row.shape or (), complex_=complex_)
        if class_ in NUMERIC:
            self._check(row, head)
        elif class_ == CHAR and self.left == 12 and self.tag()[2] is not None:
            self.end -= 4  # see `outer`
        self._rows.add(row)

    def _check(self, row: Row, head: Head) -> None:
        """Hold the length of the stored values against the shape. (Text as UTF-8 may have any length.)"""
        kind, length, _ = tag = self.tag()
        wanted = math.prod(row.shape or ())
        if self.lost_sparse(head, tag):
            row.type, row.bytes = "sparse logical", None
            row.note = "lost to Octave, which does not read back the sparse logical that it saved; read here"
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
            row.type = f"{self.text(LONGEST_NAMES)} object" if class_ == OBJECT else "struct"
            labels = self.field_names()
            per_element = len(labels)
        if not self._rows.add(row):
            return
        for index in range(self._rows.admit(row, count * per_element)):
            element, member = divmod(index, per_element)
            where = matlab.subscript(element, shape)
            label = labels[member] if count == 1 else f"({where}).{labels[member]}"
            self._member(f"{{{where}}}" if class_ == CELL else label, row.depth + 1)

    def _member(self, name: str, depth: int) -> None:
        kind, length, _ = self.tag()
        if kind != MATRIX:
            raise FormatError(f"{name!r:.80} should be an array, and is not; the file is damaged")
        if not length:  # how an empty member is stored
            self._rows.add(Row(name, depth, "double", (0, 0), bytes=0))
            return
        inner = _Array(self.source, length, self.order, self._rows, self._theirs)
        inner.read(name, depth)
        if inner.left < 0:
            raise FormatError(f"{name!r:.80} is longer than its own length; the file is damaged")
        self.source.skip(inner.left)

    def _opaque(self, row: Row) -> None:
        """List an object of a class of MATLAB code with its properties, which are in the file's object data."""
        system, class_ = self.text(LONGEST_NAMES), self.text(LONGEST_NAMES)
        row.type = f"{class_} object"
        if system != "MCOS":
            row.note = system
            self._rows.add(row)
            return
        from pybn.formats.mat5_object_rows import add  # NumPy takes longer than most files

        add(self, class_, row, self._rows, self._theirs)
