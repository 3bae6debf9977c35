"""Max pooling: the largest pixel under a window that slides over each channel."""

from __future__ import annotations

import numpy as np

from pybn.kernels.pooling import in_layout, pool_window, pooled_shape
from pybn.kernels.windows import Pair, Sides
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


class MaxPoolLayer(Layer):
    """Take the maximum of the pixels under each position of a window.

    Shapes, float32 or float64 throughout, with the four axes in the order that `layout` names:
        x, dx four axes, e.g. (N, C, H, W); y, dy the same with H and W counting the window's positions,
        (H + top + bottom - kernel_height) / stride + 1 rows, which must be a whole number, or with `floor` is
        rounded down: pixels at the end are left out
    `stride` is a whole number or (vertical, horizontal); `pad` a whole number, (vertical, horizontal) or
    (top, bottom, left, right), every side smaller than the kernel. Padding never wins, not even over -Inf.
    Ties: every maximum receives the full gradient, +0 and -0 alike; y has the sign of the first of them, walking
    the window column by column. NaN is ignored, as Octave's max does, unless all pixels of a window are NaN:
    its y is NaN, and its gradient reaches none of them.
    Where windows overlap, gradients add up in the order of the window's spots, starting from +0.
    Raises ValueError for options; ShapeError, DTypeError, LayoutError or StateError, naming the tensor, what
    was wanted and what came.
    Source: the article's framework; matlab_ref/MaxPoolLayer.m.
    """

    def __init__(
        self,
        kernel_height: int,
        kernel_width: int,
        stride: int | Pair = 1,
        layout: str = "NCHW",
        *,
        pad: int | Pair | Sides = 0,
        floor: bool = False,
    ) -> None:
        self._window = pool_window(kernel_height, kernel_width, stride, pad, floor)
        self.kernel_height, self.kernel_width = self._window.kernel
        self.stride = self._window.stride
        self.pad = self._window.pad
        self.floor = self._window.floor
        self.layout = image_layout(layout)
        self._cache: tuple[Array, Array, Shape, Shape] | None = None

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of x with the positions of the window for H and W."""
        check_images("x", inputs[0], self.layout)
        return pooled_shape(self._window, inputs[0], self.layout)

    def forward(self, x: Array, *, out: Array | None = None) -> Array:
        """Return y, written into `out` where one is given."""
        check_float("x", x)
        shape = self.output_shape(x.shape)
        if out is not None:
            check_out(out, shape, x.dtype)
        images = convert(x, self.layout, "NCHW")
        # NaN, which a maximum ignores: of -Inf and NaN, a padding of -Inf would win over the pixel.
        padded = self._window.padded(images, np.nan)
        y = np.full((*images.shape[:2], *self._window.output(*images.shape[2:])), np.nan, x.dtype)
        with np.errstate(all="ignore"):
            for _, _, spot in self._window.spots(padded, y.shape[2:]):
                np.copyto(y, spot, where=(spot > y) | np.isnan(y))
        self._cache = padded, y, x.shape, shape
        return in_layout(y, self.layout, out)

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradient by x, written into `out` where one is given."""
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        padded, y, x_shape, y_shape = self._cache
        check_like("dy", dy, y_shape, y.dtype)
        if out is not None:
            check_out(out, x_shape, y.dtype)
        gradient = convert(dy, self.layout, "NCHW")
        spread = np.zeros_like(padded)
        with np.errstate(all="ignore"):
            into = self._window.spots(spread, y.shape[2:])
            for (_, _, spot), (_, _, sums) in zip(self._window.spots(padded, y.shape[2:]), into, strict=True):
                np.add(sums, gradient, out=sums, where=spot == y)
        return Gradients(in_layout(self._window.inside(spread), self.layout, out))
