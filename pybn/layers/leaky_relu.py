"""The leaky rectifier: what is negative keeps a small slope."""

from __future__ import annotations

import math

import numpy as np

from pybn.kernels.elementwise import where
from pybn.layers.base import Array, Elementwise, number


class LeakyRelu(Elementwise):
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

    def _forward(self, x: Array, out: Array | None) -> Array:
        self._kept = np.asarray(x >= 0)
        return where(self._kept, x, self.slope * x, out)

    def _backward(self, dy: Array, kept: Array, out: Array | None) -> Array:
        return where(kept, dy, self.slope * dy, out)
