"""MATLAB's own files before HDF5: level 4 here, level 5 (v5, v6, v7) in `mat5`."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO

from pybn.errors import FormatError
from pybn.formats import mat5, matlab
from pybn.formats.contents import Contents, Row, Rows
from pybn.formats.mat4_headers import SPARSE, STORED, TEXT, V4Header, v4_variables
from pybn.formats.mat5_elements import HEADER


def contents(path: str) -> dict[str, Any]:
    """List a level 4 or level 5 file. Raises FormatError where it is damaged or cut short."""
    size = Path(path).stat().st_size
    with Path(path).open("rb") as file:
        start = file.read(HEADER)
        file.seek(0)
        reader = mat5.contents if start[126:128] in (b"IM", b"MI") else _v4_contents
        return reader(file, size).encode()


def _v4_contents(file: BinaryIO, size: int) -> Contents:
    rows = Rows()
    order = "<"
    for variable in v4_variables(file, size):
        order = variable.header.order
        rows.add(_v4_row(file, variable.header, variable.name))
    about = ["byte order: big-endian"] if order == ">" else []
    return Contents("MATLAB v4", about, rows.rows, rows.unlisted)


def _v4_row(file: BinaryIO, header: V4Header, name: str) -> Row:
    """Return the row of a variable: whatever its numbers are stored as, they are doubles in MATLAB."""
    shape = (header.rows, header.columns)
    if header.kind == SPARSE:
        return _v4_sparse(file, header, name)
    class_ = "char" if header.kind == TEXT else "double"
    size = matlab.size(class_, shape, complex_=header.complex)
    narrow = class_ == "double" != STORED[header.stored]
    note = f"stored as {STORED[header.stored]}" if narrow else ""
    return Row(name, 0, matlab.type_name(class_, complex_=header.complex), shape, bytes=size, note=note)


def _v4_sparse(file: BinaryIO, header: V4Header, name: str) -> Row:
    """A sparse matrix is stored as rows of (i, j, value) with its own shape in the last one."""
    if header.rows < 1 or header.columns not in (3, 4) or header.stored != "f8":
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
