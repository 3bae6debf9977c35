"""Average pooling: the mean of the pixels under a window that slides over each channel."""

from __future__ import annotations

import numpy as np

from pybn.kernels.pooling import in_layout, pool_window, pooled_shape
from pybn.kernels.windows import Pair, Sides, flag
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


class AvgPoolLayer(Layer):
    """Take the mean of the pixels under each position of a window.

    Shapes, float32 or float64 throughout, with the four axes in the order that `layout` names:
        x, dx four axes, e.g. (N, C, H, W); y, dy the same with H and W counting the window's positions,
        (H + top + bottom - kernel_height) / stride + 1 rows, which must be a whole number, or with `floor` is
        rounded down: pixels at the end are left out
    `stride` is a whole number or (vertical, horizontal); `pad` a whole number, (vertical, horizontal) or
    (top, bottom, left, right), every side smaller than the kernel. The mean is over the pixels of the image
    under the window; with `count_include_pad`, PyTorch's default, the padding counts as pixels of 0.
    Pixels, and the gradients of overlapping windows, add up in the order of the window's spots (its row changes
    first), starting from +0: `numerics="octave"` is bit for bit the reference.
    Raises ValueError for options; ShapeError, DTypeError, LayoutError or StateError, naming the tensor, what
    was wanted and what came.
    Source: the article's framework; matlab_ref/AvgPoolLayer.m.
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
        count_include_pad: bool = False,
        numerics: str = "octave",
    ) -> None:
        self._window = pool_window(kernel_height, kernel_width, stride, pad, floor)
        self.kernel_height, self.kernel_width = self._window.kernel
        self.stride = self._window.stride
        self.pad = self._window.pad
        self.floor = self._window.floor
        self.count_include_pad = flag("count_include_pad", count_include_pad)
        self.layout = image_layout(layout)
        self.numerics = check_numerics(numerics)
        self._cache: tuple[Array, Shape, Shape] | None = None

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
        counts = self._counts(images)
        sums = np.zeros((*images.shape[:2], *counts.shape), x.dtype)
        with np.errstate(all="ignore"):
            for _, _, spot in self._window.spots(self._window.padded(images), sums.shape[2:]):
                sums += spot
            sums /= counts
        self._cache = counts, x.shape, shape
        return in_layout(sums, self.layout, out)

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradient by x, written into `out` where one is given."""
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        counts, x_shape, y_shape = self._cache
        check_like("dy", dy, y_shape, counts.dtype)
        if out is not None:
            check_out(out, x_shape, counts.dtype)
        images = convert(np.broadcast_to(counts.dtype.type(0), x_shape), self.layout, "NCHW")
        spread = self._window.padded(images)
        with np.errstate(all="ignore"):
            share = convert(dy, self.layout, "NCHW") / counts
            for _, _, spot in self._window.spots(spread, counts.shape):
                spot += share
        return Gradients(in_layout(self._window.inside(spread), self.layout, out))

    def _counts(self, images: Array) -> Array:
        """Return by what to divide the sum at each position of the window."""
        height, width = images.shape[2:]
        positions = self._window.output(height, width)
        if self.count_include_pad:
            return np.full(positions, self.kernel_height * self.kernel_width, images.dtype)
        rows = _inside(positions[0], self.kernel_height, self.stride[0], self.pad[0], height)
        columns = _inside(positions[1], self.kernel_width, self.stride[1], self.pad[2], width)
        return np.multiply.outer(rows, columns).astype(images.dtype)


def _inside(positions: int, kernel: int, stride: int, before: int, size: int) -> Array:
    """Return how many rows (or columns) of the image lie under the window at each of its positions."""
    first = np.arange(positions) * stride - before
    return np.minimum(first + kernel, size) - np.maximum(first, 0)
