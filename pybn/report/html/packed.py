"""Elements of a tensor for the report's pictures: exact, of every axis all or every n-th, packed small."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from pybn.compare import Array

FLIPPED, SHOWN = (
    4,
    64,
)  # what is thinned out first: axes one flips through, down to 4 of them; then a slice, to 64
LEAST = 16  # elements: fewer make no picture
DENSE = 8  # times smaller than its elements may a picture be: what were to be packed closer is thinned out instead
KINDS = "?bBhHiIlLqQefdFD"


@dataclass(frozen=True, slots=True)
class Pick:
    """Of each axis the indices start, start + step, ... (count of them); `rows`, `columns`: the axes of a slice."""

    start: tuple[int, ...]
    step: tuple[int, ...]
    count: tuple[int, ...]
    rows: int
    columns: int

    def told(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "start": self.start,
            "step": self.step,
            "count": self.count,
            "rows": self.rows,
            "columns": self.columns,
        }

    def of(self, x: Array) -> Array:
        """Return the picked elements of an array, all its axes kept."""
        parts = [slice(a, a + s * n, s) for a, s, n in zip(self.start, self.step, self.count, strict=True)]
        return x[tuple(parts)] if parts else x


def pick(shape: Sequence[int], axes: Sequence[str], most: int, worst: tuple[int, ...] | None) -> Pick:
    """Choose at most about `most` elements of a shape; the element at `worst` is always one of them.

    Rows and columns are H and W where there are such axes, else the first two. A slice is thinned out only after
    the axes that one flips through.
    """
    rows, columns = _slice_of(axes, len(shape))
    at = worst if worst is not None and len(worst) == len(shape) else (0,) * len(shape)
    step = [1] * len(shape)
    count = list(shape)
    flipped = [k for k in range(len(shape)) if k not in (rows, columns)]
    shown = [k for k in range(len(shape)) if k in (rows, columns)]
    while np.prod(count, dtype=float) > most:
        for group, least in ((flipped, FLIPPED), (shown, SHOWN), (flipped, 1), (shown, 1)):
            wide = [k for k in group if count[k] > least]
            if wide:
                axis = max(wide, key=lambda k: count[k])
                step[axis] *= 2
                count[axis] = -(-(shape[axis] - at[axis] % step[axis]) // step[axis])
                break
    start = tuple(w % s for w, s in zip(at, step, strict=True))
    return Pick(start, tuple(step), tuple(count), rows, columns)


def picture(
    a: Array | None,
    b: Array | None,
    axes: Sequence[str],
    worst: tuple[int, ...] | None,
    most: int,
    allowed: int,
) -> tuple[bytes, dict[str, Any]] | None:
    """Pack one or two plain arrays in at most `allowed` bytes, of each at most `most` elements, as many as that takes.

    Returns the bytes and, as JSON data, what is in them; None where too few elements would be left.
    """
    width = sum(x.dtype.itemsize for x in (a, b) if x is not None)
    most = max(LEAST, min(most, DENSE * allowed // width))
    while True:
        first = None if a is None else pick(a.shape, axes, most, worst)
        alike = a is not None and b is not None and a.shape == b.shape
        picks = [first, first if alike else None if b is None else pick(b.shape, axes, most, worst)]
        both = list(zip((a, b), picks, strict=True))
        sides = [None if x is None or p is None else plain(p.of(x)) for x, p in both]
        data, mixed = pack(*sides)
        if len(data) <= allowed:
            break
        largest = max(side.size for side in sides if side is not None)
        if largest <= LEAST:
            return None
        # So many would fit if they packed alike; that they do not is what the next turn is for.
        most = max(LEAST, min(largest // 2, int(largest * allowed / len(data))))
    told = [
        None if x is None or p is None else p.told() | {"dtype": dtype_name(x), "shape": list(x.shape)}
        for x, p in both
    ]
    return data, {"xor": mixed, "expected": told[0], "obtained": told[1]}


def _slice_of(axes: Sequence[str], rank: int) -> tuple[int, int]:
    """Return the axes down and across; -1 where there is none."""
    if rank == len(axes) and {"H", "W"} <= set(axes):
        return list(axes).index("H"), list(axes).index("W")
    return (0, 1) if rank > 1 else (-1, rank - 1)


def packable(x: Any) -> TypeGuard[Array]:
    """Whether it is an array of numbers or bool that has elements."""
    return isinstance(x, np.ndarray) and not isinstance(x, np.ma.MaskedArray) and x.dtype.char in KINDS


def plain(x: Array) -> Array:
    """Return a copy in little-endian and C order, of a dtype whose name a browser is told: float16 becomes float32."""
    x = x.astype(np.float32) if x.dtype.char == "e" else x
    return np.ascontiguousarray(x).astype(x.dtype.newbyteorder("<"), copy=False).reshape(x.shape)


def dtype_name(x: Array) -> str:
    """Return the name of what `plain` makes of an array."""
    return "float32" if x.dtype.char == "e" else x.dtype.name


def pack(expected: Array | None, obtained: Array | None) -> tuple[bytes, bool]:
    """Deflate the bytes of one or two plain arrays; also say whether the second is there as first XOR second.

    Two answers that agree but for the last bit then take no more room than one. The bytes of elements are sorted
    by their significance, as HDF5's shuffle does it, because the high ones are much alike.
    """
    sides = [_bytes(x) for x in (expected, obtained) if x is not None]
    mixed = len(sides) == 2 and sides[0].shape == sides[1].shape
    if mixed:
        sides[1] = sides[0] ^ sides[1]
    return zlib.compress(b"".join(side.T.tobytes() for side in sides), 6), mixed


def _bytes(x: Array) -> Array:
    return x.reshape(-1).view(np.uint8).reshape(x.size, x.dtype.itemsize)
