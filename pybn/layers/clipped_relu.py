"""The rectifier with a ceiling: what is negative becomes zero, and nothing is larger than the ceiling."""

from __future__ import annotations

import math

import numpy as np

from pybn.kernels.elementwise import where
from pybn.layers.base import Array, Elementwise, number


class ClippedRelu(Elementwise):
    """y = x where 0 <= x < ceiling, the ceiling from there on, otherwise 0.

    Shapes: x, y, dy and dx alike, one to four axes, float32 or float64 throughout.
    The derivative is 1 at 0, and 0 at the ceiling. A NaN becomes 0, as in Relu, and -0 stays -0. `ceiling` is a
    finite number above 0; in float32 it is rounded to that first.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where a
    backward comes before any forward; ValueError for a ceiling that cannot be meant.
    Source: matlab_ref/ClippedRelu.m.
    """

    def __init__(self, ceiling: float) -> None:
        if not 0 < number(ceiling) < math.inf:
            raise ValueError(f"ceiling: wanted a finite number > 0, got {ceiling!r}")
        self.ceiling = float(ceiling)

    def _forward(self, x: Array, out: Array | None) -> Array:
        ceiling = x.dtype.type(self.ceiling)
        self._kept = np.asarray((x >= 0) & (x < ceiling))
        return where(self._kept, x, np.where(x >= ceiling, ceiling, x.dtype.type(0)), out)

    def _backward(self, dy: Array, kept: Array, out: Array | None) -> Array:
        return where(kept, dy, dy.dtype.type(0), out)
