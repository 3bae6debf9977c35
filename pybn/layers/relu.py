"""The rectifier: what is negative becomes zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from pybn.kernels.elementwise import check_any, where
from pybn.layers.base import (
    Array,
    Gradients,
    Layer,
    Shape,
    check_cached,
    check_float,
    check_like,
    check_out,
)


class Relu(Layer):
    """y = x where x >= 0, otherwise 0.

    Shapes: x, y, dy and dx alike, one to four axes, float32 or float64 throughout.
    relu(NaN) = 0 and relu(-0) = -0, as Octave's max(x, 0) has them; the derivative at 0 is 1. The gradient is
    chosen by x, not multiplied: where x < 0 or NaN, dx is +0 whatever dy is, NaN and infinities too.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where a
    backward comes before any forward.
    Source: matlab_ref/Relu.m.
    """

    def __init__(self) -> None:
        self._mask: Array | None = None
        self._dtype: np.dtype[Any] = np.dtype(float)

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of x."""
        check_any("x", inputs[0])
        return inputs[0]

    def forward(self, x: Array, *, out: Array | None = None) -> Array:
        """Return y, shaped as x, written into `out` where one is given."""
        check_float("x", x)
        shape = self.output_shape(x.shape)
        if out is not None:
            check_out(out, shape, x.dtype)
        self._mask, self._dtype = np.asarray(x >= 0), x.dtype
        return where(self._mask, x, x.dtype.type(0), out)

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradient by x, shaped as x, written into `out` where one is given."""
        check_cached(self._mask)
        assert self._mask is not None  # noqa: S101  # for the type checker
        check_like("dy", dy, self._mask.shape, self._dtype)
        if out is not None:
            check_out(out, dy.shape, dy.dtype)
        return Gradients(where(self._mask, dy, dy.dtype.type(0), out))
