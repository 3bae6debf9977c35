"""Local response normalisation: each pixel divided by the energy of the channels around its own."""

from __future__ import annotations

import math

import numpy as np

from pybn.kernels.pooling import in_layout
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


class LocalResponseNorm(Layer):
    """Divide each pixel by a power of the sum of squares over a window of channels.

        d = k + alpha / size * ss,   y = x / d^beta

    with ss the sum of x^2 over `size` channels, from c - floor((size - 1) / 2) to c + ceil((size - 1) / 2), less
    those that are not there. alpha is divided by size, as MATLAB's crossChannelNormalizationLayer and PyTorch's
    LocalResponseNorm do; MatConvNet's vl_nnnormalize does not: there, give alpha * size. A window of even size
    reaches one channel further up than down, as MATLAB's; PyTorch's reaches further down.
    Shapes, float32 or float64 throughout, with the four axes in the order that `layout` names:
        x, y, dy, dx four axes, e.g. (N, C, H, W)
    Sums run from the lowest channel to the highest, starting from +0, and `numerics="octave"` keeps the order of
    operations of the reference; the power alone may differ from Octave's by a few units in the last place.
    Raises ValueError for options (alpha and k are not negative: nor is then the base of the power); ShapeError,
    DTypeError, LayoutError or StateError, naming the tensor, what was wanted and what came.
    Source: Krizhevsky, Sutskever and Hinton (2012), section 3.3; matlab_ref/LocalResponseNorm.m.
    """

    def __init__(
        self,
        size: int = 5,
        alpha: float = 1e-4,
        beta: float = 0.75,
        k: float = 1.0,
        layout: str = "NCHW",
        *,
        numerics: str = "octave",
    ) -> None:
        self.size = whole("size", size)
        for name, value in (("alpha", alpha), ("k", k)):
            if not 0 <= number(value) < math.inf:
                raise ValueError(f"{name}: wanted a finite number >= 0, got {value!r}")
        if not math.isfinite(number(beta)):
            raise ValueError(f"beta: wanted a finite number, got {beta!r}")
        self.alpha = float(alpha)
        self.beta = float(beta)
        self.k = float(k)
        self.layout = image_layout(layout)
        self.numerics = check_numerics(numerics)
        self._cache: tuple[Array, Array, Array, Shape] | None = None

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of x, four axes in the order of `layout`."""
        check_images("x", inputs[0], self.layout)
        return inputs[0]

    def forward(self, x: Array, *, out: Array | None = None) -> Array:
        """Return y, shaped as x, written into `out` where one is given."""
        check_float("x", x)
        self.output_shape(x.shape)
        if out is not None:
            check_out(out, x.shape, x.dtype)
        # In one order in memory: NumPy may take the power of scattered numbers by another routine.
        images = np.array(convert(x, self.layout, "NCHW"), order="C")
        with np.errstate(all="ignore"):
            ss = _channel_sums(images * images, self._below, self._above)
            d = self.k + self.alpha / self.size * ss
            power = np.power(d, self.beta)
            y = images / power
        self._cache = images, d, power, x.shape
        return in_layout(y, self.layout, out)

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradient by x, shaped as x, written into `out` where one is given.

        x[c] is in its own numerator, and in the d of every channel j whose window holds c:
            dx[c] = dy[c] / d[c]^beta - 2 alpha beta / size * x[c] * sum over j of dy[j] y[j] / d[j]
        """
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        images, d, power, shape = self._cache
        check_like("dy", dy, shape, images.dtype)
        if out is not None:
            check_out(out, shape, images.dtype)
        gradient = convert(dy, self.layout, "NCHW")
        with np.errstate(all="ignore"):
            # The windows that hold a channel reach as far down as a window reaches up.
            sums = _channel_sums(gradient * (images / power) / d, self._above, self._below)
            dx = gradient / power - 2 * self.alpha * self.beta / self.size * images * sums
        return Gradients(in_layout(dx, self.layout, out))

    @property
    def _below(self) -> int:
        return (self.size - 1) // 2

    @property
    def _above(self) -> int:
        return self.size // 2


def _channel_sums(values: Array, below: int, above: int) -> Array:
    """Return for each channel c of (N, C, H, W) the sum over c - below to c + above, the lowest first, from +0."""
    channels = values.shape[1]
    sums = np.zeros(values.shape, values.dtype)
    for offset in range(-min(below, channels - 1), min(above, channels - 1) + 1):
        down, up = max(0, -offset), max(0, offset)
        sums[:, down : channels - up] += values[:, up : channels - down]
    return sums
