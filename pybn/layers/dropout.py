"""Dropout: in training, zero elements at random and scale the others up."""

from __future__ import annotations

from typing import Any

import numpy as np

from pybn.kernels.elementwise import deliver
from pybn.layers.base import Array, Elementwise, Shape, number, tensor_layout
from pybn.layouts import convert


class Dropout(Elementwise):
    """y = x * mask, where the mask is 0 with probability `prob`, otherwise 1 / (1 - prob).

    Shapes: x, y, dy and dx alike, one to four axes, float32 or float64 throughout.
    An element is kept where a draw from `random`, a np.random.RandomState, is >= prob. The draws are Octave's
    after rand('twister', seed), and fill x in Fortran order, as MATLAB does: x as it is given or, where
    `layout` names the axes of images or sequences, in the order (H, W, C, N) or (C, T, N) whatever the order
    given. Each training forward goes on in the stream, prob = 0 too; several layers may share one `random`.
    seed=None: another stream each time. The mask is multiplied with: a NaN that is dropped stays NaN, a dropped
    -1 is -0.
    In evaluation (`training = False`) y is a copy of x, nothing is drawn, and nothing is left for a backward.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where a
    backward does not follow a training forward; ValueError or LayoutError for options that cannot be meant.
    Source: matlab_ref/Dropout.m.
    """

    def __init__(self, prob: float = 0.5, seed: int | None = None, layout: str | None = None) -> None:
        if not 0 <= number(prob) < 1:
            raise ValueError(f"prob: wanted a number from 0 to less than 1, got {prob!r}")
        if seed is not None and not (number(seed).is_integer() and 0 <= number(seed) < 2**32):
            raise ValueError(f"seed: wanted None or a whole number from 0 to 2**32 - 1, got {seed!r}")
        self.prob = float(prob)
        self.seed = None if seed is None else int(seed)
        self.layout = None if layout is None else tensor_layout(layout)
        self.training = True
        # A list seeds as Octave does; a bare number would seed otherwise.
        self.random = np.random.RandomState(None if seed is None else [int(seed)])

    def _forward(self, x: Array, out: Array | None) -> Array:
        if not self.training:
            self._kept = None  # a backward after it would be of another batch
            return deliver(x, out)
        self._kept = self._drawn(x.shape, x.dtype)
        y: Array = np.multiply(x, self._kept, out=out)
        return y

    def _backward(self, dy: Array, kept: Array, out: Array | None) -> Array:
        dx: Array = np.multiply(dy, kept, out=out)
        return dx

    def _drawn(self, shape: Shape, dtype: np.dtype[Any]) -> Array:
        layout = self.layout if self.layout is not None and len(shape) == len(self.layout) else None
        matlab = "HWCN" if len(shape) == 4 else "CTN"
        sides = shape if layout is None else tuple(shape[layout.index(axis)] for axis in matlab)
        draws = self.random.random_sample(int(np.prod(sides))).reshape(sides, order="F")
        kept = (draws >= self.prob).astype(dtype) * (1 / (1 - self.prob))
        return kept if layout is None else convert(kept, matlab, layout)
