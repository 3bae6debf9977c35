"""Transposed convolution: the gradient of a convolution by its input, used as a forward that makes images larger."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pybn.errors import ShapeError
from pybn.kernels.patches import gather, scatter
from pybn.kernels.sums import column_sums
from pybn.kernels.windows import Pair, Window, pair, sides, whole
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


class TransposedConvolutionLayer(Layer):
    """Put a filter, scaled by the pixel, down at each pixel's place, `stride` apart, and add up what overlaps.

    Shapes, float32 or float64 throughout, with the axes of images in the order that `layout` names:
        x, dx four axes, e.g. (N, C, H, W); y, dy (N, F, H', W'); bias (F,)
        weight as x, with the C channels in the place of N and F/groups in that of C: NCHW (C, F/groups, kH, kW),
        HWCN (kH, kW, F/groups, C), NHWC (C, kH, kW, F/groups)
    H' = (H - 1) stride + kH - top - bottom, W' alike; less than 1 is an error. `stride` is (vertical, horizontal)
    or one number for both; `crop`, what is cut off at the sides, is (top, bottom, left, right), (vertical,
    horizontal) or one number; as attributes they are written out. `groups` cuts channels of x and of y into as
    many blocks, each made from its own block alone.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where no
    forward came before backward.
    Source: the transpose of ConvolutionLayer's matrix; matlab_ref/TransposedConvolutionLayer.m.
    """

    parameters = ("weight", "bias")

    def __init__(
        self,
        stride: int | Sequence[int] = 1,
        crop: int | Sequence[int] = 0,
        layout: str = "NCHW",
        *,
        groups: int = 1,
        numerics: str = "octave",
    ) -> None:
        self.stride = pair("stride", stride)
        self.crop = sides("crop", crop)
        self.layout = image_layout(layout)
        self.groups = whole("groups", groups)
        self.numerics = check_numerics(numerics)
        self._filters = self.layout.replace("C", "F").replace("N", "C")  # the axes of the weight
        # Pixels of x (groups, C/groups, positions), filters (groups, C/groups, spots), the window on y, the
        # shapes of x and y.
        self._cache: tuple[Array, Array, Window, Shape, Shape] | None = None

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:
        """Return the shape of y for an input and a weight of these shapes."""
        if weight is None:
            raise ShapeError(f"weight: wanted its shape ({', '.join(self._filters)}), got None")
        x = inputs[0]
        (filters,) = self.parameter_shapes(x, weight)["bias"]
        top, bottom, left, right = self.crop
        (height, width), kernel = self._size(x), self._size(weight)
        rows = (height - 1) * self.stride[0] + kernel[0] - top - bottom
        columns = (width - 1) * self.stride[1] + kernel[1] - left - right
        if rows < 1 or columns < 1:
            raise ShapeError(
                f"x: {x} with a kernel of {kernel} gives images of {rows + top + bottom} by "
                f"{columns + left + right}; crop {self.crop} leaves nothing of them"
            )
        sizes = {"N": x[self.layout.index("N")], "C": filters, "H": rows, "W": columns}
        return tuple(sizes[axis] for axis in self.layout)

    def parameter_shapes(self, x: Shape, weight: Shape) -> dict[str, Shape]:
        """Return the weight's shape, where it fits x, and (F,) for the bias."""
        check_images("x", x, self.layout)
        check_images("weight", weight, self._filters)
        channels = x[self.layout.index("C")]
        if channels % self.groups:
            raise ShapeError(f"groups: {self.groups} of them do not divide the {channels} channels of x {x}")
        if weight[self._filters.index("C")] != channels:
            raise ShapeError(
                f"weight: wanted filters for {channels} channels, those of x {x}, as ({', '.join(self._filters)}), "
                f"got shape {weight}"
            )
        return {"weight": weight, "bias": (weight[self._filters.index("F")] * self.groups,)}

    def forward(self, x: Array, weight: Array, bias: Array, *, out: Array | None = None) -> Array:
        """Return y, written into `out` where one is given."""
        check_float("x", x)
        check_float("weight", weight)
        shape = self.output_shape(x.shape, weight=weight.shape)
        for name, wanted in self.parameter_shapes(x.shape, weight.shape).items():
            check_like(name, {"weight": weight, "bias": bias}[name], wanted, x.dtype)
        if out is not None:
            check_out(out, shape, x.dtype)
        window = Window(self._size(weight.shape), self.stride, self.crop)
        pixels = np.array(convert(x, self.layout, "CNWH"), order="C")
        spots = (bias.size, *window.kernel[::-1], *pixels.shape[1:])
        each = pixels.shape[0] // self.groups
        pixels = pixels.reshape(self.groups, each, -1)
        filters = np.array(convert(weight, self._filters, "CFWH"), order="C").reshape(self.groups, each, -1)
        y = np.empty_like(x, shape=shape, subok=False) if out is None else out
        with np.errstate(all="ignore"):
            patches = filters.transpose(0, 2, 1) @ pixels
            images = scatter(patches.reshape(spots), window, self._size(shape))
            np.add(images, bias.reshape(-1, 1, 1), out=convert(y, self.layout, "NCHW"))
        self._cache = (pixels, filters, window, x.shape, shape)
        return y

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradients by x (shaped as x, written into `out` where one is given), weight and bias."""
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        pixels, filters, window, x_shape, shape = self._cache
        check_like("dy", dy, shape, pixels.dtype)
        if out is not None:
            check_out(out, x_shape, pixels.dtype)
        given = convert(dy, self.layout, "NCHW")
        patches = gather(given, window, self._size(x_shape)).reshape(self.groups, -1, pixels.shape[2])
        with np.errstate(all="ignore"):
            dpixels = filters @ patches
            dfilters = pixels @ patches.transpose(0, 2, 1)
            dbias = column_sums(given.transpose(0, 3, 2, 1).reshape(-1, given.shape[1]))
        dx = np.empty_like(dy, shape=x_shape, subok=False) if out is None else out
        there = convert(dx, self.layout, "CNWH")
        np.copyto(there, dpixels.reshape(there.shape))
        dfilters = dfilters.reshape(there.shape[0], -1, *window.kernel[::-1])
        return Gradients(dx, np.ascontiguousarray(convert(dfilters, "CFWH", self._filters)), dbias)

    def _size(self, shape: Shape) -> Pair:
        """Return the rows and columns of images or of filters: their axes stand in the same places."""
        return shape[self.layout.index("H")], shape[self.layout.index("W")]
