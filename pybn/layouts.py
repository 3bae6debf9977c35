"""Named orders of axes, and the two ways that tensors move between MATLAB's order and NumPy's.

A layout names one axis after the other: "HWCN" (a letter an axis) or "H W C N" (a word an axis).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.errors import DTypeError, LayoutError, ShapeError

Array = npt.NDArray[Any]


def axes(layout: str) -> tuple[str, ...]:
    """Return the names of the axes of `layout`; "NCHW" and "N C H W" both give ("N", "C", "H", "W").

    Raises LayoutError where a name is no identifier or stands twice.
    """
    if not isinstance(layout, str):
        raise LayoutError(f"layout: wanted a string such as 'HWCN' or 'H W C N', got {layout!r}")
    names = tuple(layout.split()) if " " in layout else tuple(layout)
    for name in names:
        if not (name.isidentifier() and name.isascii()):
            raise LayoutError(
                f"layout {layout!r}: {name!r} is no name of an axis; wanted letters, as in 'HWCN'"
            )
    if len(set(names)) != len(names):
        raise LayoutError(f"layout {layout!r}: an axis is named twice")
    return names


def orders_images(layout: object) -> bool:
    """Tell whether a layout, one letter an axis, is an order of H, W, C and N."""
    return isinstance(layout, str) and sorted(layout) == ["C", "H", "N", "W"]


def orders_sequences(layout: object) -> bool:
    """Tell whether a layout, one letter an axis, is an order of N, T (the steps) and C."""
    return isinstance(layout, str) and sorted(layout) == ["C", "N", "T"]


def permutation(source: str, target: str) -> tuple[int, ...]:
    """Return the argument to `transpose` that brings axes named `source` into the order `target`.

    Raises LayoutError where the two do not name the same axes.
    """
    have, want = axes(source), axes(target)
    if set(have) != set(want):
        raise LayoutError(f"layouts {source!r} and {target!r} do not name the same axes")
    return tuple(have.index(name) for name in want)


def convert(x: Array, source: str, target: str) -> Array:
    """Return `x`, whose axes are `source`, with its axes in the order `target`: a view, no element moves.

    x is any array with as many dimensions as `source` names axes. Memory is laid out anew by
    `np.ascontiguousarray(convert(...))`. MATLAB drops trailing dimensions of 1; `restore(x, source)`
    brings them back.
    Raises ShapeError where the dimensions are not as many as the axes, LayoutError as `permutation`.
    """
    order = permutation(source, target)
    _want_array("x", x)
    if x.ndim != len(order):
        hint = f"; restore(x, {source!r}) appends the ones that MATLAB drops" if x.ndim < len(order) else ""
        raise ShapeError(f"x: wanted {len(order)} dimensions for {source!r}, got shape {x.shape}{hint}")
    return x.transpose(order)


def restore(x: Array, layout: str) -> Array:
    """Return a view of `x` with the trailing dimensions of 1 that MATLAB dropped, as many as `layout` names.

    Raises ShapeError where `x` has more dimensions than `layout` names axes.
    """
    _want_array("x", x)
    wanted = len(axes(layout))
    if x.ndim > wanted:
        raise ShapeError(f"x: wanted at most {wanted} dimensions for {layout!r}, got shape {x.shape}")
    return x.reshape(x.shape + (1,) * (wanted - x.ndim), order="A") if x.ndim < wanted else x


def reshape_row_major(x: Array, shape: Sequence[int]) -> Array:
    """Reshape as MATLAB code does that wants a row-major order: elements in the order of the axes 2, 1, 3, 4.

    x has 2 to 4 dimensions, `shape` 2 to 4 sizes with as many elements; any dtype. The first two axes are
    transposed, the array is reshaped in Fortran order, and the first two axes are transposed back. On two
    dimensions it is NumPy's own C-order reshape; beyond, it is that only where the sizes (s1*s2, s3, s4),
    without their ones, are the same on both sides. Trailing ones of `shape` are kept.
    Raises ShapeError. Source: the article's reshape_row_major; matlab_ref/reshape_row_major.m.
    """
    _want_array("x", x)
    if not 2 <= x.ndim <= 4:
        raise ShapeError(f"x: wanted 2 to 4 dimensions, got shape {x.shape}")
    sizes = _sizes(shape)
    if math.prod(sizes) != x.size:
        raise ShapeError(f"shape: {x.size} elements of x, shape {x.shape}, do not fill {list(sizes)}")
    swapped = (sizes[1], sizes[0], *sizes[2:])
    return np.swapaxes(np.reshape(np.swapaxes(x, 0, 1), swapped, order="F"), 0, 1)


def _sizes(shape: object) -> tuple[int, ...]:
    given = list(shape) if isinstance(shape, Sequence | np.ndarray) else []
    # As Python's integers: a product of NumPy's own would overflow.
    sizes = [int(n) for n in given if isinstance(n, int | np.integer) and not isinstance(n, bool) and n >= 0]
    if not 2 <= len(sizes) <= 4 or len(sizes) != len(given):
        raise ShapeError(f"shape: wanted 2 to 4 sizes, whole numbers >= 0, got {shape!r}")
    return tuple(sizes)


def _want_array(name: str, value: object) -> None:
    if not isinstance(value, np.ndarray):
        raise DTypeError(f"{name}: wanted a NumPy array, got {type(value).__name__}")
