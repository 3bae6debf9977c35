"""What MATLAB calls things: its classes and how it writes the place of an element."""

from __future__ import annotations

import math
from collections.abc import Sequence

ITEM_BYTES = {
    "double": 8, "single": 4, "logical": 1, "char": 2,
    "int8": 1, "uint8": 1, "int16": 2, "uint16": 2,
    "int32": 4, "uint32": 4, "int64": 8, "uint64": 8,
}  # fmt: skip

_OBJECT = 0xDD000000


def type_name(name: str, *, complex_: bool = False, sparse: bool = False) -> str:
    """Return a class with what qualifies it: "double", "single complex", "sparse logical"."""
    return f"{'sparse ' if sparse else ''}{name}{' complex' if complex_ else ''}"


def size(name: str, shape: Sequence[int], *, complex_: bool = False) -> int | None:
    """Return the bytes that a full array takes in MATLAB, None for a class without elements of one size."""
    if name not in ITEM_BYTES:
        return None
    return math.prod(shape) * ITEM_BYTES[name] * (2 if complex_ else 1)


def subscript(index: int, shape: Sequence[int]) -> str:
    """Return the subscripts of element `index`, from 0 in column-major order: "3" in a vector, else "2,1"."""
    if sum(extent != 1 for extent in shape) <= 1:
        return str(index + 1)
    places = []
    for extent in shape:
        index, place = divmod(index, extent)
        places.append(str(place + 1))
    return ",".join(places)


def two(shape: Sequence[int]) -> tuple[int, ...]:
    """Return a shape with at least the two dimensions that everything has in MATLAB."""
    return (*shape, 1, 1)[: max(2, len(shape))]


def object_shape(words: Sequence[int]) -> tuple[int, ...] | None:
    """Return the shape in an object array's metadata: a mark, the number of dimensions, the dimensions."""
    if len(words) < 4 or words[0] != _OBJECT or not 2 <= words[1] <= len(words) - 2:
        return None
    return tuple(words[2 : 2 + words[1]])
