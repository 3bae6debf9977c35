"""The Gaussian error linear unit: a value weighed by the probability that a normal number is smaller."""

from __future__ import annotations

import math

import numpy as np

from pybn.kernels.elementwise import deliver, own
from pybn.layers.base import Array, Elementwise

APPROXIMATIONS = ("none", "tanh")
_ROOT = math.sqrt(2 / math.pi)


class Gelu(Elementwise):
    """y = x * P(x), where P is the distribution function of the normal distribution.

        approximate="none"   P(x) = erfc(-x / sqrt(2)) / 2
        approximate="tanh"   P(x) = (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2

    Shapes: x, y, dy and dx alike, one to four axes, float32 or float64 throughout.
    SciPy's erfc, NumPy's exp and tanh and Octave's are a few ULP apart; by tanh, few digits of y are left in the
    left tail, where 1 + tanh cancels.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where a
    backward comes before any forward; ValueError for an approximation that is none.
    Source: Hendrycks and Gimpel (2016); matlab_ref/Gelu.m.
    """

    def __init__(self, approximate: str = "none") -> None:
        if not isinstance(approximate, str) or approximate not in APPROXIMATIONS:
            raise ValueError(f"approximate: wanted 'none' or 'tanh', got {approximate!r}")
        self.approximate = approximate

    def _forward(self, x: Array, out: Array | None) -> Array:
        x = own(x)  # in one piece: exp and tanh see the same whatever the memory of x
        if self.approximate == "tanh":
            t = np.tanh(_ROOT * (x + 0.044715 * (x * x * x)))
            p = 0.5 * (1 + t)
            slope = 0.5 * (1 - t * t) * (_ROOT * (1 + 3 * 0.044715 * (x * x)))
        else:
            from scipy.special import erfc  # which is slow to load, and needed nowhere else

            p = 0.5 * erfc(-x / math.sqrt(2))
            slope = np.exp(-0.5 * (x * x)) / math.sqrt(2 * math.pi)
        self._kept = np.asarray(p + x * slope)
        return deliver(x * p, out)

    def _backward(self, dy: Array, kept: Array, out: Array | None) -> Array:
        return np.asarray(np.multiply(dy, kept, out=out))
