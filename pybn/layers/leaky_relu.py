"""The leaky rectifier: what is negative keeps a small slope."""

from __future__ import annotations

import math
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
    number,
)


class LeakyRelu(Layer):
    """y = x where x >= 0, otherwise slope * x.

    Shapes: x, y, dy and dx alike, one to four axes, float32 or float64 throughout.
    The derivative at 0 is 1. A NaN stays one, and its gradient is slope * dy. `slope` is any finite number;
    in float32 it is rounded to that first.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where a
    backward comes before any forward; ValueError for a slope that is not finite.
    Source: matlab_ref/LeakyRelu.m.
    """

    def __init__(self, slope: float = 0.01) -> None:
        if not math.isfinite(number(slope)):
            raise ValueError(f"slope: wanted a finite number, got {slope!r}")
        self.slope = float(slope)
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
        with np.errstate(all="ignore"):
            return where(self._mask, x, self.slope * x, out)

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradient by x, shaped as x, written into `out` where one is given."""
        check_cached(self._mask)
        assert self._mask is not None  # noqa: S101  # for the type checker
        check_like("dy", dy, self._mask.shape, self._dtype)
        if out is not None:
            check_out(out, dy.shape, dy.dtype)
        with np.errstate(all="ignore"):
            return Gradients(where(self._mask, dy, self.slope * dy, out))
