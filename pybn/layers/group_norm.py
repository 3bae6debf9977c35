"""Group normalisation of images: the channels of an image in groups, each by its own mean and variance."""

from __future__ import annotations

import math

import numpy as np

from pybn.errors import ShapeError
from pybn.kernels.normalise import normalised, through_normalised
from pybn.kernels.pooling import in_layout
from pybn.kernels.rows import rows_of
from pybn.kernels.sums import column_sums
from pybn.kernels.windows import whole
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
    number,
)
from pybn.layouts import convert


class GroupNorm(Layer):
    """Normalise each group of channels of each image over its pixels, then scale and shift each channel.

        y = weight * (x - mean) / sqrt(var + eps) + bias

    Shapes, float32 or float64 throughout, with the four axes in the order that `layout` names:
        x, y, dy, dx four axes, e.g. (N, C, H, W); weight, bias (C,)
    `groups` divides C; channels that follow one another are in one group. groups=1 normalises whole images, as
    MATLAB's layer normalisation does; groups=C each channel of each, the instance normalisation.
    Variance is biased. Nothing is gathered: training and inference are alike.
    Sums run down the columns of a channel, channel after channel, as Octave's (`numerics="octave"`).
    Raises ValueError for options; ShapeError, DTypeError, LayoutError or StateError, naming the tensor, what was
    wanted and what came.
    Source: Wu and He (2018); matlab_ref/GroupNorm.m.
    """

    parameters = ("weight", "bias")

    def __init__(
        self, groups: int = 1, eps: float = 1e-5, layout: str = "NCHW", *, numerics: str = "octave"
    ) -> None:
        self.groups = whole("groups", groups)
        if not 0 <= number(eps) < math.inf:
            raise ValueError(f"eps: wanted a finite number >= 0, got {eps!r}")
        self.eps = float(eps)
        self.layout = image_layout(layout)
        self.numerics = check_numerics(numerics)
        self._cache: tuple[Array, Array, Array, Shape] | None = None

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of x, four axes in the order of `layout`."""
        check_images("x", inputs[0], self.layout)
        channels = inputs[0][self.layout.index("C")]
        if channels % self.groups:
            raise ShapeError(f"x: wanted channels that {self.groups} groups divide, got {channels}")
        return inputs[0]

    def parameter_shapes(self, x: Shape, weight: Shape) -> dict[str, Shape]:  # noqa: ARG002
        """Return (C,) for weight and bias."""
        channels = (self.output_shape(x)[self.layout.index("C")],)
        return {"weight": channels, "bias": channels}

    def forward(self, x: Array, weight: Array, bias: Array, *, out: Array | None = None) -> Array:
        """Return y, shaped as x, written into `out` where one is given."""
        check_float("x", x)
        for name, shape in self.parameter_shapes(x.shape, ()).items():
            check_like(name, {"weight": weight, "bias": bias}[name], shape, x.dtype)
        if out is not None:
            check_out(out, x.shape, x.dtype)
        with np.errstate(all="ignore"):
            xhat, root = normalised(self._groups(x), self.eps)
            y = self._images(xhat, x.shape) * weight[:, None, None] + bias[:, None, None]
        self._cache = (xhat, root, weight.copy(), x.shape)
        return in_layout(y, self.layout, out)

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradients by x (shaped so, written into `out` where one is given), weight (C,) and bias (C,)."""
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        xhat, root, weight, shape = self._cache
        check_like("dy", dy, shape, xhat.dtype)
        if out is not None:
            check_out(out, shape, xhat.dtype)
        with np.errstate(all="ignore"):
            images = convert(dy, self.layout, "NCHW")
            pixels = rows_of(images, "NCHW")
            dweight = column_sums(pixels * rows_of(self._images(xhat, shape), "NCHW"))
            weighed = convert(images * weight[:, None, None], "NCHW", self.layout)
            dx = through_normalised(self._groups(weighed), xhat, root)
        return Gradients(in_layout(self._images(dx, shape), self.layout, out), dweight, column_sums(pixels))

    def _groups(self, x: Array) -> Array:
        """Return a row for each group of each image, its pixels in MATLAB's order."""
        images = convert(x, self.layout, "NCWH")
        return np.ascontiguousarray(images).reshape(images.shape[0] * self.groups, -1)

    def _images(self, groups: Array, shape: Shape) -> Array:
        """Return what `_groups` made rows of as images (N, C, H, W)."""
        n, c, h, w = (shape[self.layout.index(axis)] for axis in "NCHW")
        return groups.reshape(n, c, w, h).transpose(0, 1, 3, 2)
