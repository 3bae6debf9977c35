"""The hyperbolic tangent."""

from __future__ import annotations

import numpy as np

from pybn.kernels.elementwise import deliver, own
from pybn.layers.base import Array, Elementwise


class Tanh(Elementwise):
    """y = tanh(x).

    Shapes: x, y, dy and dx alike, one to four axes, float32 or float64 throughout.
    The gradient is by y: dx = dy * (1 - y * y). NumPy's tanh and Octave's are a few ULP apart.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where a
    backward comes before any forward.
    Source: matlab_ref/Tanh.m.
    """

    def _forward(self, x: Array, out: Array | None) -> Array:
        y = own(x)  # in one piece: tanh sees the same whatever the memory of x
        np.tanh(y, out=y)
        self._kept = y
        return deliver(y, out)

    def _backward(self, dy: Array, kept: Array, out: Array | None) -> Array:
        dx: Array = np.multiply(dy, 1 - kept * kept, out=out)
        return dx
