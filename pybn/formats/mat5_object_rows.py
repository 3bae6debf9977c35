"""The rows of objects of MATLAB code in level 5 .mat files: their properties, which are elsewhere in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pybn.errors import FormatError
from pybn.formats.contents import Row, Rows
from pybn.formats.listing import members
from pybn.formats.mat5_elements import Elements
from pybn.formats.mat5_objects import Mat5Objects
from pybn.formats.mat5_values import member
from pybn.formats.mcos import handle_of

if TYPE_CHECKING:
    from pybn.formats.mat5 import Theirs


def add(array: Elements, class_name: str, row: Row, rows: Rows, theirs: Theirs) -> None:
    """List objects that are described by what comes next in an array, or say in a note why they cannot be read."""
    if theirs.objects is None:
        theirs.objects = Mat5Objects(theirs.path, theirs.order, theirs.variables)
    array.objects = theirs.objects.decoded
    found: Any = None
    try:
        stored = member(array, row.depth)
        row.shape = getattr(handle_of(stored), "shape", None)
        found = theirs.objects.decoded(class_name, stored)
        row.shape = getattr(found, "shape", row.shape)
    except FormatError as error:
        row.note = f"{row.note} {error}".lstrip()[:200]
    if rows.add(row):
        members(rows, row, found)
