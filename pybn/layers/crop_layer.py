"""A part of images, as large as other images are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pybn.errors import ShapeError
from pybn.layers.base import (
    Array,
    JoinGradients,
    Layer,
    Shape,
    check_cached,
    check_float,
    check_images,
    check_like,
    check_out,
    image_layout,
    number,
)


class CropLayer(Layer):
    """y is the part of x1 that has the height and width of x2, from pixel (top, left) on.

    Shapes, float32 or float64 throughout, with the four axes in the order that `layout` names:
        x1 (N, C, H, W); x2 (N, any, h, w) with h <= H - top and w <= W - left; y, dy (N, C, h, w)
    `offset` is (top, left), counted from 0. Of x2 the size alone matters: its gradient, `backward(dy).input2`, is 0,
    and that of x1, `.input1`, is dy with zeros around it.
    Raises ValueError for an offset that cannot be meant; ShapeError, DTypeError, LayoutError or StateError, naming
    the tensor, what was wanted and what came.
    Source: MatConvNet's dagnn.Crop; matlab_ref/CropLayer.m.
    """

    fan_in = 2

    def __init__(self, offset: Sequence[int] = (0, 0), layout: str = "NCHW") -> None:
        given = tuple(offset) if isinstance(offset, Sequence | np.ndarray) else ()
        if len(given) != 2 or not all(number(side).is_integer() and number(side) >= 0 for side in given):
            raise ValueError(f"offset: wanted (top, left), two whole numbers >= 0, got {offset!r}")
        self.offset = (int(given[0]), int(given[1]))
        self.layout = image_layout(layout)
        self._cache: tuple[Shape, Shape, np.dtype[Any]] | None = None

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of x1, as high and wide as x2."""
        if len(inputs) != 2:
            raise ShapeError(f"inputs: wanted two, got {len(inputs)}")
        x1, x2 = inputs
        check_images("x1", x1, self.layout)
        check_images("x2", x2, self.layout)
        batch = self.layout.index("N")
        if x1[batch] != x2[batch]:
            raise ShapeError(f"x2: wanted {x1[batch]} images as x1, got {x2[batch]}")
        for axis, start in zip("HW", self.offset, strict=True):
            large, small = x1[self.layout.index(axis)], x2[self.layout.index(axis)]
            if start + small > large:
                raise ShapeError(
                    f"x2: wanted at most {max(large - start, 0)} along {axis}, "
                    f"as many as x1 {x1} has from {start} on, got {small}"
                )
        return tuple(x2[k] if axis in "HW" else x1[k] for k, axis in enumerate(self.layout))

    def forward(self, x1: Array, x2: Array | None = None, *, out: Array | None = None) -> Array:
        """Return y, written into `out` where one is given."""
        check_float("x1", x1)
        if x2 is None:  # it may be left out only to be told as every other lack of inputs is
            raise ShapeError("inputs: wanted two, got 1")
        check_float("x2", x2)
        shape = self.output_shape(x1.shape, x2.shape)
        check_like("x2", x2, x2.shape, x1.dtype)
        if out is not None:
            check_out(out, shape, x1.dtype)
        self._cache = (x1.shape, x2.shape, x1.dtype)
        part = np.array(x1[self._part(shape)])
        if out is None:
            return part
        np.copyto(out, part)
        return out

    def backward(self, dy: Array, *, out: tuple[Array, ...] | None = None) -> JoinGradients:
        """Return the gradient by each input, in memory of its own, or written into `out`, an array an input."""
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        *shapes, dtype = self._cache
        shape = self.output_shape(*shapes)
        check_like("dy", dy, shape, dtype)
        if out is not None:
            if not isinstance(out, tuple) or len(out) != 2:
                raise ShapeError("out: wanted a tuple of 2 arrays, one an input")
            for each, wanted in zip(out, shapes, strict=True):
                check_out(each, wanted, dtype)
        given = np.array(dy)  # one of `out` may be its memory
        by_each = out or tuple(np.empty(each, dtype) for each in shapes)
        for dx in by_each:
            dx[...] = 0
        by_each[0][self._part(shape)] = given
        return JoinGradients(by_each)

    def _part(self, shape: Shape) -> tuple[slice, ...]:
        """Return where in x1 the pixels of y are, whose shape is given."""
        starts = dict(zip("HW", self.offset, strict=True))
        return tuple(
            slice(starts.get(axis, 0), starts.get(axis, 0) + size)
            for axis, size in zip(self.layout, shape, strict=True)
        )
