"""The rectifier: what is negative becomes zero."""

from __future__ import annotations

import numpy as np

from pybn.kernels.elementwise import where
from pybn.layers.base import Array, Elementwise


class Relu(Elementwise):
    """y = x where x >= 0, otherwise 0.

    Shapes: x, y, dy and dx alike, one to four axes, float32 or float64 throughout.
    relu(NaN) = 0 and relu(-0) = -0, as Octave's max(x, 0) has them; the derivative at 0 is 1. The gradient is
    chosen by x, not multiplied: where x < 0 or NaN, dx is +0 whatever dy is, NaN and infinities too.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where a
    backward comes before any forward.
    Source: matlab_ref/Relu.m.
    """

    def _forward(self, x: Array, out: Array | None) -> Array:
        self._kept = np.asarray(x >= 0)
        return where(self._kept, x, x.dtype.type(0), out)

    def _backward(self, dy: Array, kept: Array, out: Array | None) -> Array:
        return where(kept, dy, dy.dtype.type(0), out)
