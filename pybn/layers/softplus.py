"""Softplus: a smooth rectifier."""

from __future__ import annotations

import numpy as np

from pybn.kernels.elementwise import deliver, own
from pybn.layers.base import Array, Elementwise


class Softplus(Elementwise):
    """y = log(1 + exp(x)), computed as max(x, 0) + log1p(exp(-|x|)), which does not overflow.

    Shapes: x, y, dy and dx alike, one to four axes, float32 or float64 throughout.
    dx = dy / (1 + exp(-x)). NumPy's exp and Octave's are a few ULP apart.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where a
    backward comes before any forward.
    Source: Dugas and others (2001); matlab_ref/Softplus.m.
    """

    def _forward(self, x: Array, out: Array | None) -> Array:
        x = own(x)  # in one piece: exp sees the same whatever the memory of x
        self._kept = np.asarray(1 / (1 + np.exp(-x)))
        return deliver(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), out)

    def _backward(self, dy: Array, kept: Array, out: Array | None) -> Array:
        return np.asarray(np.multiply(dy, kept, out=out))
