"""Swish, or SiLU: a value gated by its own logistic."""

from __future__ import annotations

import numpy as np

from pybn.kernels.elementwise import deliver, own
from pybn.layers.base import Array, Elementwise


class Swish(Elementwise):
    """y = x * s with s = 1 / (1 + exp(-x)).

    Shapes: x, y, dy and dx alike, one to four axes, float32 or float64 throughout.
    dx = dy * (s + y * (1 - s)). At -Inf y is NaN, 0 times Inf. NumPy's exp and Octave's are a few ULP apart.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where a
    backward comes before any forward.
    Source: Ramachandran, Zoph and Le (2017); matlab_ref/Swish.m.
    """

    def _forward(self, x: Array, out: Array | None) -> Array:
        x = own(x)  # in one piece: exp sees the same whatever the memory of x
        s = 1 / (1 + np.exp(-x))
        y = x * s
        self._kept = np.asarray(s + y * (1 - s))
        return deliver(y, out)

    def _backward(self, dy: Array, kept: Array, out: Array | None) -> Array:
        return np.asarray(np.multiply(dy, kept, out=out))
