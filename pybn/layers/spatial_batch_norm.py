"""Batch normalisation of images: one mean and one variance for each channel."""

from __future__ import annotations

import numpy as np

from pybn.layers.base import (
    Array,
    Gradients,
    Layer,
    Shape,
    check_float,
    check_images,
    check_like,
    check_out,
    image_layout,
)
from pybn.layers.batch_norm import BatchNorm
from pybn.layouts import convert


class SpatialBatchNorm(Layer):
    """Normalise each channel over all images and pixels, then scale and shift it.

    Shapes, float32 or float64 throughout, with the four axes in the order that `layout` names ("NCHW",
    "HWCN", "NHWC", or any other order of the letters H, W, C and N):
        x, y, dy four axes, e.g. (N, C, H, W); weight, bias, running_mean, running_var (C,)
    The pixels become the rows of `inner`, an ordinary BatchNorm, which holds the running statistics and, with
    `inner.record_nodes = True`, every node of the computational graph; rows run over N, then H, then W.
    y and dx lie in memory as x and dy do.
    Raises ShapeError, DTypeError, LayoutError or StateError, naming the tensor, what was wanted and what came.
    Source: the article's SpatialBatchNorm; matlab_ref/SpatialBatchNorm.m.
    """

    parameters = ("weight", "bias")
    buffers = ("running_mean", "running_var")

    def __init__(
        self, eps: float = 1e-5, momentum: float = 0.9, layout: str = "NCHW", *, numerics: str = "octave"
    ) -> None:
        self.layout = image_layout(layout)
        self.inner = BatchNorm(eps, momentum, numerics=numerics)
        self._shape: tuple[int, ...] | None = None

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of x, four axes in the order of `layout`."""
        check_images("x", inputs[0], self.layout)
        return inputs[0]

    def parameter_shapes(self, x: Shape, weight: Shape) -> dict[str, Shape]:  # noqa: ARG002
        """Return (C,) for weight and bias."""
        check_images("x", x, self.layout)
        channels = (x[self.layout.index("C")],)
        return {"weight": channels, "bias": channels}

    def forward(self, x: Array, weight: Array, bias: Array, *, out: Array | None = None) -> Array:
        """Return y, shaped as x, written into `out` where one is given; in training, update the statistics."""
        check_float("x", x)
        check_images("x", x.shape, self.layout)
        if out is not None:
            check_out(out, x.shape, x.dtype)
        y = self.inner.forward(self._rows(x), weight, bias)
        self._shape = x.shape if self.training else None
        return self._images(y, x, out)

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradients by x (shaped as x, written into `out` where given), weight (C,) and bias (C,)."""
        check_float("dy", dy)
        if self._shape is not None:
            # As many pixels in another shape would pass the inner layer unseen.
            check_like("dy", dy, self._shape, dy.dtype)
        if out is not None:
            check_out(out, dy.shape, dy.dtype)
        rows = self.inner.backward(self._rows(dy))
        return Gradients(self._images(rows.input, dy, out), rows.weight, rows.bias)

    def _rows(self, x: Array) -> Array:
        if x.ndim != 4:  # only a backward before any forward comes here with something else
            return x
        images = convert(x, self.layout, "NHWC")
        return images.reshape(-1, images.shape[3])

    def _images(self, rows: Array, like: Array, out: Array | None) -> Array:
        result = np.empty_like(like, subok=False) if out is None else out
        shape = convert(like, self.layout, "NHWC").shape
        np.copyto(convert(result, self.layout, "NHWC"), rows.reshape(shape))
        return result

    @property
    def eps(self) -> float:
        """What is added to the variance, inside the square root."""
        return self.inner.eps

    @property
    def momentum(self) -> float:
        """The weight of the old running statistic."""
        return self.inner.momentum

    @property
    def numerics(self) -> str:
        """Whose order of operations it keeps."""
        return self.inner.numerics

    @property
    def running_mean(self) -> Array | None:
        """(C,), None before the first training batch."""
        return self.inner.running_mean

    @running_mean.setter
    def running_mean(self, value: Array | None) -> None:
        self.inner.running_mean = value

    @property
    def running_var(self) -> Array | None:
        """(C,), None before the first training batch."""
        return self.inner.running_var

    @running_var.setter
    def running_var(self, value: Array | None) -> None:
        self.inner.running_var = value

    @property
    def training(self) -> bool:
        """True: the batch's statistics serve, and are gathered; False: the running ones serve."""
        return self.inner.training

    @training.setter
    def training(self, value: bool) -> None:
        self.inner.training = value
