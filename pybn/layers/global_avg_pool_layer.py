"""Global average pooling: the mean of all pixels of each channel of each image."""

from __future__ import annotations

import numpy as np

from pybn.kernels.pooling import global_shape, in_layout
from pybn.kernels.sums import column_sums
from pybn.layers.base import (
    Array,
    Gradients,
    Layer,
    Shape,
    check_cached,
    check_float,
    check_images,
    check_like,
    check_numerics,
    check_out,
    image_layout,
)
from pybn.layouts import convert


class GlobalAvgPoolLayer(Layer):
    """Take the mean of all pixels of a channel, as AvgPoolLayer with a kernel of the image's size does.

    Shapes, float32 or float64 throughout, with the four axes in the order that `layout` names:
        x, dx four axes, e.g. (N, C, H, W); y, dy the same with H = W = 1
    Pixels add up column by column of the image, one after the other, from +0: `numerics="octave"` is bit for
    bit the reference.
    Raises ShapeError, DTypeError, LayoutError or StateError, naming the tensor, what was wanted and what came.
    Source: matlab_ref/GlobalAvgPoolLayer.m.
    """

    def __init__(self, layout: str = "NCHW", *, numerics: str = "octave") -> None:
        self.layout = image_layout(layout)
        self.numerics = check_numerics(numerics)
        self._cache: tuple[Shape, Shape, np.dtype[np.floating]] | None = None

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
        pixels = convert(x, self.layout, "WHNC")
        width, height, n, c = pixels.shape
        with np.errstate(all="ignore"):
            means = column_sums(pixels.reshape(width * height, n * c)) / (width * height)
        self._cache = x.shape, shape, x.dtype
        return in_layout(means.reshape(n, c, 1, 1), self.layout, out)

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradient by x, written into `out` where one is given."""
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        x_shape, y_shape, dtype = self._cache
        check_like("dy", dy, y_shape, dtype)
        if out is not None:
            check_out(out, x_shape, dtype)
        size = x_shape[self.layout.index("H")] * x_shape[self.layout.index("W")]
        with np.errstate(all="ignore"):
            share = 0.0 + dy / size  # as in a sum from +0: a share of -0 becomes +0
        spread = np.broadcast_to(share, x_shape)
        return Gradients(in_layout(convert(spread, self.layout, "NCHW"), self.layout, out))
