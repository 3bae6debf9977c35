"""A scale and a shift of each channel, or of each element, that are learnt."""

from __future__ import annotations

import numpy as np

from pybn.errors import ShapeError
from pybn.kernels.elementwise import own
from pybn.kernels.rows import rows_of
from pybn.kernels.sums import column_sums
from pybn.layers.base import (
    Array,
    Gradients,
    Layer,
    Shape,
    check_cached,
    check_float,
    check_like,
    check_out,
    check_tensor,
    tensor_layout,
)


class ScaleLayer(Layer):
    """y = x * weight + bias, with a weight and a bias for each channel, or for each element of an image.

    Shapes, float32 or float64 throughout:
        x, y, dy, dx rows (N, D), or images or sequences with the axes of `layout` ("NCHW", "NTC", any order);
        weight and bias (D,) of rows, (C,) of images and sequences; of images also those of one image, the axes of
        `layout` without N
    Raises ShapeError, DTypeError, LayoutError or StateError, naming the tensor, what was wanted and what came.
    Source: matlab_ref/ScaleLayer.m.
    """

    parameters = ("weight", "bias")

    def __init__(self, layout: str = "NCHW") -> None:
        self.layout = tensor_layout(layout)
        self._cache: tuple[Array, Array] | None = None

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of x."""
        check_tensor("x", inputs[0], self.layout)
        return inputs[0]

    def parameter_shapes(self, x: Shape, weight: Shape) -> dict[str, Shape]:
        """Return the shape of weight and bias: a number a channel, or, where the weight is such, an element."""
        axes = self._axes(self.output_shape(x))
        channels = (x[axes.index("C")],)
        elements = tuple(size for axis, size in zip(axes, x, strict=True) if axis != "N")
        if weight not in ((), channels) and not (len(x) == 4 and weight == elements):
            other = f" or {elements}" if len(x) == 4 else ""
            raise ShapeError(f"weight: wanted shape {channels}{other} for x {x}, got {weight}")
        return {"weight": weight or channels, "bias": weight or channels}

    def forward(self, x: Array, weight: Array, bias: Array, *, out: Array | None = None) -> Array:
        """Return y, shaped as x, written into `out` where one is given."""
        check_float("x", x)
        check_float("weight", weight)
        if not weight.ndim:
            raise ShapeError("weight: wanted one axis at least, got shape ()")
        for name, shape in self.parameter_shapes(x.shape, weight.shape).items():
            check_like(name, {"weight": weight, "bias": bias}[name], shape, x.dtype)
        if out is not None:
            check_out(out, x.shape, x.dtype)
        self._cache = (own(x), own(weight))
        with np.errstate(all="ignore"):
            y = self._spread(weight, x.shape) * x
            return np.asarray(np.add(y, self._spread(bias, x.shape), out=out))

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradients by x (shaped so, written into `out` where one is given), weight and bias."""
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        x, weight = self._cache
        check_like("dy", dy, x.shape, x.dtype)
        if out is not None:
            check_out(out, x.shape, x.dtype)
        with np.errstate(all="ignore"):
            dweight, dbias = self._sums(dy * x, weight), self._sums(dy, weight)
            dx = np.asarray(np.multiply(dy, self._spread(weight, x.shape), out=out))
        return Gradients(dx, dweight, dbias)

    def _axes(self, x: Shape) -> str:
        return "NC" if len(x) == 2 else self.layout

    def _spread(self, parameter: Array, x: Shape) -> Array:
        """Return a parameter with the axes of x, one long where there is one number for all."""
        axes = self._axes(x)
        alike = "C" if parameter.ndim == 1 else axes.replace("N", "")
        return parameter.reshape([size if axis in alike else 1 for axis, size in zip(axes, x, strict=True)])

    def _sums(self, values: Array, weight: Array) -> Array:
        """Return the sums of values, shaped as x, over all that one number of the weight served."""
        if weight.ndim == 1:
            return column_sums(rows_of(values, self.layout))
        samples = np.moveaxis(values, self.layout.index("N"), 0)
        return column_sums(samples.reshape(len(samples), -1)).reshape(weight.shape)
