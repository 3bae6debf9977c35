"""Images to rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pybn.layers.base import (
    Array,
    Gradients,
    Layer,
    Shape,
    check_cached,
    check_float,
    check_images,
    check_like,
    check_out,
    image_layout,
)
from pybn.layouts import convert

ORDERS = {"row": "NCHW", "column": "NCWH"}


class Flatten(Layer):
    """Make a row of each image.

    Shapes, float32 or float64 throughout: x, dx images with the four axes in the order that `layout` names; y, dy
    (N, C * H * W). Whatever `layout`, order="row" goes channel by channel, row by row, as NumPy and PyTorch flatten
    (N, C, H, W), and order="column" channel by channel, column by column, as MATLAB's a(:) does (H, W, C).
    Raises ValueError for an order that is none; ShapeError, DTypeError, LayoutError or StateError, naming the
    tensor, what was wanted and what came.
    Source: matlab_ref/Flatten.m.
    """

    def __init__(self, layout: str = "NCHW", order: str = "row") -> None:
        if not isinstance(order, str) or order not in ORDERS:
            raise ValueError(f"order: wanted 'row' or 'column', got {order!r}")
        self.layout = image_layout(layout)
        self.order = order
        self._cache: tuple[Shape, np.dtype[Any]] | None = None

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return (N, C * H * W)."""
        x = inputs[0]
        check_images("x", x, self.layout)
        images = x[self.layout.index("N")]
        return (images, math.prod(x) // images)

    def forward(self, x: Array, *, out: Array | None = None) -> Array:
        """Return y (N, C * H * W), written into `out` where one is given."""
        check_float("x", x)
        shape = self.output_shape(x.shape)
        if out is not None:
            check_out(out, shape, x.dtype)
        self._cache = (x.shape, x.dtype)
        rows = np.array(convert(x, self.layout, ORDERS[self.order]), order="C").reshape(shape)
        if out is None:
            return rows
        np.copyto(out, rows)
        return out

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradient by x, shaped so, written into `out` where one is given."""
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        shape, dtype = self._cache
        check_like("dy", dy, self.output_shape(shape), dtype)
        if out is not None:
            check_out(out, shape, dtype)
        order = ORDERS[self.order]
        sides = tuple(shape[self.layout.index(axis)] for axis in order)
        images = convert(np.array(dy, order="C").reshape(sides), order, self.layout)
        dx = np.empty(shape, dtype) if out is None else out
        np.copyto(dx, images)
        return Gradients(dx)
