"""Windows that slide over images: their sizes, and the pixels that each of their spots sees.

Images are (N, C, H, W) here, views of whatever lies in memory. A window of kH by kW spots is walked column by
column, as MATLAB counts them: the row index changes first. Whoever adds up spots in this order adds in the order
of the reference classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.errors import ShapeError

Array = npt.NDArray[Any]
Pair = tuple[int, int]
Sides = tuple[int, int, int, int]


def whole(name: str, value: object) -> int:
    """Return a whole number as Python's own. Raises ValueError for anything else, and for one below 1."""
    given = None if isinstance(value, Sequence | np.ndarray) else _whole(value, 1)
    if given is None:
        raise ValueError(f"{name}: wanted a whole number >= 1, got {value!r}")
    return given[0]


def pair(name: str, value: object, least: int = 1) -> Pair:
    """Return (vertical, horizontal) of a whole number for both, or of two. Raises ValueError."""
    given = _whole(value, least)
    if given is None or len(given) not in (1, 2):
        raise ValueError(
            f"{name}: wanted a whole number >= {least}, or two (vertical, horizontal), got {value!r}"
        )
    return (given[0], given[-1])


def ends(name: str, value: object) -> Pair:
    """Return (left, right) of a whole number for both, or of two. Raises ValueError."""
    given = _whole(value, 0)
    if given is None or len(given) not in (1, 2):
        raise ValueError(f"{name}: wanted a whole number >= 0, two (left, right) or 'same', got {value!r}")
    return (given[0], given[-1])


def sides(name: str, value: object) -> Sides:
    """Return (top, bottom, left, right) of a whole number for all, of two (vertical, horizontal), or of four.

    Raises ValueError.
    """
    given = _whole(value, 0)
    if given is None or len(given) not in (1, 2, 4):
        wanted = "a whole number >= 0, two (vertical, horizontal) or four (top, bottom, left, right)"
        raise ValueError(f"{name}: wanted {wanted}, got {value!r}")
    if len(given) == 4:
        return (given[0], given[1], given[2], given[3])
    return (given[0], given[0], given[-1], given[-1])


def _whole(value: object, least: int) -> list[int] | None:
    """Return whole numbers as Python's own, or None where one of them is something else."""
    listed = value.ravel().tolist() if isinstance(value, np.ndarray) else value
    items: list[Any] = list(listed) if isinstance(listed, Sequence) else [listed]
    fits = all(
        (isinstance(n, int | np.integer) or (isinstance(n, float | np.floating) and n.is_integer()))
        and not isinstance(n, bool | np.bool_)
        and least <= n < 2**31
        for n in items
    )
    return [int(n) for n in items] if fits else None


@dataclass(frozen=True, slots=True)
class Window:
    """A window: kernel, stride, padding and dilation, the last three 1, 0 and 1 where not given.

    `floor`: pixels at the end that no whole position reaches are left out; otherwise there must be none.
    """

    kernel: Pair
    stride: Pair = (1, 1)
    pad: Sides = (0, 0, 0, 0)
    dilation: Pair = (1, 1)
    floor: bool = False

    @property
    def extent(self) -> Pair:
        """The rows and columns from the first spot to the last."""
        return (
            (self.kernel[0] - 1) * self.dilation[0] + 1,
            (self.kernel[1] - 1) * self.dilation[1] + 1,
        )

    def output(self, height: int, width: int) -> Pair:
        """Return the rows and columns of positions on images of this size.

        Raises ShapeError where the window does not fit, or where its last position does not end at the edge:
        a fraction of a position is an error, without `floor` not rounded down.
        """
        top, bottom, left, right = self.pad
        return (
            self._positions("height", height, top + bottom, 0),
            self._positions("width", width, left + right, 1),
        )

    def steps(self, count: int) -> int:
        """Return the positions on sequences of so many steps, which lie along the width. Raises ShapeError."""
        return self._positions("steps", count, self.pad[2] + self.pad[3], 1)

    def padded(self, images: Array, value: float = 0.0) -> Array:
        """Return a copy of images with the padding around each, filled with `value`."""
        top, bottom, left, right = self.pad
        n, c, height, width = images.shape
        x = np.full((n, c, height + top + bottom, width + left + right), value, images.dtype)
        self.inside(x)[...] = images
        return x

    def inside(self, padded: Array) -> Array:
        """Return the view of padded images that leaves the padding out."""
        top, bottom, left, right = self.pad
        return padded[:, :, top : padded.shape[2] - bottom, left : padded.shape[3] - right]

    def spots(self, padded: Array, output: Pair) -> Iterator[tuple[int, int, Array]]:
        """Yield row, column and view (N, C, *output) of each spot of the window, at all its positions."""
        for j in range(self.kernel[1]):
            for i in range(self.kernel[0]):
                yield i, j, padded[:, :, self._along(0, i, output[0]), self._along(1, j, output[1])]

    def _along(self, axis: int, spot: int, count: int) -> slice:
        start, step = spot * self.dilation[axis], self.stride[axis]
        return slice(start, start + (count - 1) * step + 1, step)

    def _positions(self, side: str, size: int, pad: int, axis: int) -> int:
        extent, stride = self.extent[axis], self.stride[axis]
        room = size + pad - extent
        told = f"{side} {size}" + (f" + padding {pad} = {size + pad}" if pad else "")
        if room < 0:
            raise ShapeError(f"x: a window of {extent} does not fit into {told}")
        if room % stride and not self.floor:
            raise ShapeError(
                f"x: {told}: a window of {extent} at stride {stride} has {room / stride + 1:.3g} positions; "
                "wanted a whole number of them: change the padding, or give floor=True"
            )
        return room // stride + 1


def flag(name: str, value: object) -> bool:
    """Return a truth value as Python's own. Raises ValueError for anything else."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name}: wanted True or False, got {value!r}")
    return bool(value)
