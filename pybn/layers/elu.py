"""The exponential linear unit: what is negative runs into a floor, smoothly."""

from __future__ import annotations

import math

import numpy as np

from pybn.kernels.elementwise import deliver, own
from pybn.layers.base import Array, Elementwise, number


class Elu(Elementwise):
    """y = x where x >= 0, otherwise alpha * (exp(x) - 1).

    Shapes: x, y, dy and dx alike, one to four axes, float32 or float64 throughout.
    The derivative at 0 is 1. `alpha` is any finite number. Near 0 no digit is lost (expm1). NumPy's exp and
    Octave's are a few ULP apart.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where a
    backward comes before any forward; ValueError for an alpha that is not finite.
    Source: Clevert, Unterthiner and Hochreiter (2015); matlab_ref/Elu.m.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        if not math.isfinite(number(alpha)):
            raise ValueError(f"alpha: wanted a finite number, got {alpha!r}")
        self.alpha = float(alpha)

    def _forward(self, x: Array, out: Array | None) -> Array:
        x = own(x)  # in one piece: exp sees the same whatever the memory of x
        positive = x >= 0
        negative = np.where(positive, x.dtype.type(0), x)
        y = np.where(positive, x, self.alpha * np.expm1(negative))
        self._kept = np.where(positive, x.dtype.type(1), self.alpha * np.exp(negative))
        return deliver(y, out)

    def _backward(self, dy: Array, kept: Array, out: Array | None) -> Array:
        return np.asarray(np.multiply(dy, kept, out=out))
