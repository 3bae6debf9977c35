"""Level 4 .mat files: no signature, and for each variable twenty bytes of header, a name, column-major values."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pybn.errors import FormatError

HEADER = 20
LONGEST_NAME = 4096
FULL, TEXT, SPARSE = range(3)
STORED = {"f8": "double", "f4": "single", "i4": "int32", "i2": "int16", "u2": "uint16", "u1": "uint8"}
_LETTERS = tuple(STORED)
# Machines of before the IEEE's numbers, by the digit that stands for them.
_MACHINES = {2: "a VAX (D-float)", 3: "a VAX (G-float)", 4: "a Cray"}


@dataclass(frozen=True, slots=True)
class V4Header:
    """The header of one variable; `stored` is the dtype of its values in the file, without byte order."""

    order: str
    stored: str
    kind: int
    rows: int
    columns: int
    complex: bool
    name_length: int

    @property
    def length(self) -> int:
        """Bytes of its values."""
        return self.rows * self.columns * int(self.stored[1]) * (2 if self.complex else 1)


@dataclass(frozen=True, slots=True)
class V4Variable:
    """A variable of a file: its header starts at `position`, its values at `start`."""

    name: str
    position: int
    start: int
    header: V4Header


def v4_header(data: bytes) -> V4Header | None:
    """Return the header of a level 4 variable that `data` starts with, None where there is none in it."""
    for order in "<>":
        mopt, *rest = _integers(data, order)
        machine, zero, precision, kind = mopt // 1000, mopt // 100 % 10, mopt // 10 % 10, mopt % 10
        right = machine == "<>".index(order) and not zero and precision < len(_LETTERS) and kind <= SPARSE
        if right and _sensible(*rest):
            rows, columns, imaginary, length = rest
            return V4Header(order, _LETTERS[precision], kind, rows, columns, bool(imaginary), length)
    return None


def v4_machine(data: bytes) -> str:
    """Return whose numbers a variable that `data` starts with is made of, "" where they are the IEEE's."""
    for order in "<>":
        mopt, *rest = _integers(data, order)
        if mopt // 1000 in _MACHINES and mopt % 1000 <= 52 and mopt % 10 <= SPARSE and _sensible(*rest):
            return _MACHINES[mopt // 1000]
    return ""


def _integers(data: bytes, order: str) -> tuple[int, ...]:
    return struct.unpack(order + "5i", data[:HEADER]) if len(data) >= HEADER else (-1,) * 5


def _sensible(rows: int, columns: int, imaginary: int, name_length: int) -> bool:
    return imaginary in (0, 1) and min(rows, columns) >= 0 and 1 < name_length <= LONGEST_NAME


def v4_variables(file: BinaryIO, size: int) -> Iterator[V4Variable]:
    """Yield the variables of an open file, which then stands at the values of the one. Raises FormatError."""
    position = 0
    while position < size:
        file.seek(position)
        variable = _variable(position, file.read(HEADER + LONGEST_NAME))
        position = variable.start + variable.header.length
        if position > size:
            raise FormatError(
                f"{variable.name!r:.80} goes on to byte {position:,}, and the file ends at {size:,}; "
                "is it a download cut short?"
            )
        file.seek(variable.start)
        yield variable


def _variable(position: int, data: bytes) -> V4Variable:
    header = v4_header(data)
    if header is None:
        machine = v4_machine(data)
        what = (
            f"is one of {machine}, whose numbers no reader has" if machine else "should start, and does not"
        )
        raise FormatError(f"at byte {position:,} a variable {what}; it is damaged or cut short")
    name = data[HEADER : HEADER + header.name_length].split(b"\0")[0]
    start = position + HEADER + header.name_length
    return V4Variable(name.decode("utf-8", "surrogateescape"), position, start, header)
