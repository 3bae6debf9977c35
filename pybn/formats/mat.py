"""MATLAB's own files before HDF5: level 4 here, level 5 (v5, v6, v7) in `mat5`.

A level 4 file has no signature: twenty bytes of header, a name, column-major values, and so on to its end.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pybn.errors import FormatError
from pybn.formats import mat5, matlab
from pybn.formats.contents import Contents, Row, Rows

V4_HEADER = 20
LONGEST_NAME = 4096
_CLASSES = ("double", "single", "int32", "int16", "uint16", "uint8")
_FULL, _TEXT, _SPARSE = range(3)


def contents(path: str) -> dict[str, Any]:
    """List a level 4 or level 5 file. Raises FormatError where it is damaged or cut short."""
    size = Path(path).stat().st_size
    with Path(path).open("rb") as file:
        start = file.read(mat5.HEADER)
        file.seek(0)
        reader = mat5.contents if start[126:128] in (b"IM", b"MI") else _v4_contents
        return reader(file, size).encode()


@dataclass(frozen=True, slots=True)
class V4Header:
    """The header of one variable of a level 4 file."""

    order: str
    precision: int
    kind: int
    rows: int
    columns: int
    complex: bool
    name_length: int

    @property
    def stored(self) -> int:
        """Bytes of its values."""
        return (
            self.rows
            * self.columns
            * matlab.ITEM_BYTES[_CLASSES[self.precision]]
            * (2 if self.complex else 1)
        )


def v4_header(data: bytes) -> V4Header | None:
    """Return the header of a level 4 variable that `data` starts with, None where there is none in it."""
    for order in "<>":
        if len(data) < V4_HEADER:
            break
        mopt, rows, columns, imaginary, length = struct.unpack(order + "5i", data[:V4_HEADER])
        machine, zero, precision, kind = mopt // 1000, mopt // 100 % 10, mopt // 10 % 10, mopt % 10
        right = machine == "<>".index(order) and not zero and precision < len(_CLASSES) and kind <= _SPARSE
        if right and imaginary in (0, 1) and min(rows, columns) >= 0 and 1 < length <= LONGEST_NAME:
            return V4Header(order, precision, kind, rows, columns, bool(imaginary), length)
    return None


def _v4_contents(file: BinaryIO, size: int) -> Contents:
    rows = Rows()
    order = "<"
    while file.tell() < size:
        order = _v4_variable(file, size, rows).order
    about = ["byte order: big-endian"] if order == ">" else []
    return Contents("MATLAB v4", about, rows.rows, rows.unlisted)


def _v4_variable(file: BinaryIO, size: int, rows: Rows) -> V4Header:
    """Add the row of the variable that starts here, and pass over its values."""
    position = file.tell()
    header = v4_header(file.read(V4_HEADER))
    if header is None:
        raise FormatError(
            f"at byte {position:,} a variable should start, and does not; it is damaged or cut short"
        )
    name = file.read(header.name_length).split(b"\0")[0].decode("utf-8", "surrogateescape")
    end = file.tell() + header.stored
    if end > size:
        raise FormatError(
            f"{name!r:.80} goes on to byte {end:,}, and the file ends at {size:,}; is it a download cut short?"
        )
    rows.add(_v4_row(file, header, name))
    file.seek(end)
    return header


def _v4_row(file: BinaryIO, header: V4Header, name: str) -> Row:
    shape = (header.rows, header.columns)
    if header.kind == _SPARSE:
        return _v4_sparse(file, header, name)
    class_ = "char" if header.kind == _TEXT else _CLASSES[header.precision]
    size = matlab.size(class_, shape, complex_=header.complex)
    return Row(name, 0, matlab.type_name(class_, complex_=header.complex), shape, bytes=size)


def _v4_sparse(file: BinaryIO, header: V4Header, name: str) -> Row:
    """A sparse matrix is stored as rows of (i, j, value) with its own shape in the last one."""
    if header.rows < 1 or header.columns not in (3, 4) or header.precision:
        raise FormatError(
            f"{name!r:.80} is sparse, and not stored as sparse matrices are; the file is damaged"
        )
    start = file.tell()
    extents = []
    for column in (1, 2):
        file.seek(start + (column * header.rows - 1) * 8)
        extents.append(struct.unpack(header.order + "d", file.read(8))[0])
    if not all(extent >= 0 and extent.is_integer() for extent in extents):
        raise FormatError(f"{name!r:.80} is sparse with the dimensions {extents}; the file is damaged")
    kind = matlab.type_name("double", complex_=header.columns == 4, sparse=True)
    shape = (int(extents[0]), int(extents[1]))
    return Row(name, 0, kind, shape, note=f"{header.rows - 1:,} nonzeros")
