"""The logistic function."""

from __future__ import annotations

import numpy as np

from pybn.kernels.elementwise import deliver
from pybn.layers.base import Array, Elementwise


class Sigmoid(Elementwise):
    """y = 1 / (1 + exp(-x)).

    Shapes: x, y, dy and dx alike, one to four axes, float32 or float64 throughout.
    For large |x| it saturates at 0 and 1: the exponential may become infinite, the answer does not become NaN.
    The gradient is by y: dx = dy * (y * (1 - y)). NumPy's exp and Octave's are a few ULP apart.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where a
    backward comes before any forward.
    Source: matlab_ref/Sigmoid.m.
    """

    def _forward(self, x: Array, out: Array | None) -> Array:
        y = np.negative(x)  # memory of our own, in one piece: exp sees the same whatever the memory of x
        np.exp(y, out=y)
        np.add(1, y, out=y)
        np.divide(1, y, out=y)
        self._kept = y
        return deliver(y, out)

    def _backward(self, dy: Array, kept: Array, out: Array | None) -> Array:
        dx: Array = np.multiply(dy, kept * (1 - kept), out=out)
        return dx
