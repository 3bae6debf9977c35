"""Global max pooling: the largest pixel of each channel of each image."""

from __future__ import annotations

import numpy as np

from pybn.kernels.pooling import global_shape, in_layout
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


class GlobalMaxPoolLayer(Layer):
    """Take the maximum of all pixels of a channel, as MaxPoolLayer with a kernel of the image's size does.

    Shapes, float32 or float64 throughout, with the four axes in the order that `layout` names:
        x, dx four axes, e.g. (N, C, H, W); y, dy the same with H = W = 1
    Ties: every maximum receives the full gradient, +0 and -0 alike; y has the sign of the first of them, walking
    the image column by column. NaN is ignored, as Octave's max does, unless all pixels of a channel are NaN:
    its y is NaN, and its gradient reaches none of them.
    Raises ShapeError, DTypeError, LayoutError or StateError, naming the tensor, what was wanted and what came.
    Source: matlab_ref/GlobalMaxPoolLayer.m.
    """

    def __init__(self, layout: str = "NCHW") -> None:
        self.layout = image_layout(layout)
        self._cache: tuple[Array, Array, Shape, Shape] | None = None

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of x with 1 for H and W."""
        check_images("x", inputs[0], self.layout)
        return global_shape(inputs[0], self.layout)

    def forward(self, x: Array, *, out: Array | None = None) -> Array:
        """Return y, written into `out` where one is given."""
        check_float("x", x)
        shape = self.output_shape(x.shape)
        if out is not None:
            check_out(out, shape, x.dtype)
        columns = np.array(convert(x, self.layout, "NCWH"), order="C")  # the walk is that of memory
        pixels = columns.reshape(*columns.shape[:2], -1)
        with np.errstate(all="ignore"):
            largest = np.fmax.reduce(pixels, axis=2, keepdims=True)
            # Of zeros of either sign, fmax may return any: take the first.
            first = np.argmax(pixels == largest, axis=2, keepdims=True)
        y = np.take_along_axis(pixels, first, axis=2)[..., np.newaxis]
        self._cache = columns, y, x.shape, shape
        return in_layout(y, self.layout, out)

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradient by x, written into `out` where one is given."""
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        columns, y, x_shape, y_shape = self._cache
        check_like("dy", dy, y_shape, y.dtype)
        if out is not None:
            check_out(out, x_shape, y.dtype)
        dx = np.zeros_like(columns)
        with np.errstate(all="ignore"):
            np.add(dx, convert(dy, self.layout, "NCWH"), out=dx, where=columns == y)
        return Gradients(in_layout(dx.swapaxes(2, 3), self.layout, out))
