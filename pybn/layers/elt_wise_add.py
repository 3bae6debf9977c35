"""The sum of several inputs, element by element: where the branches of a residual network meet."""

from __future__ import annotations

import numpy as np

from pybn.kernels.elementwise import own
from pybn.layers.base import Array
from pybn.layers.elt_wise import EltWise


class EltWiseAdd(EltWise):
    """y = x1 + x2 + ..., from left to right.

    Shapes: all inputs, y, dy and every dx alike, one to four axes, float32 or float64 throughout.
    Each input's gradient is a copy of dy: `backward(dy).input1`, `.input2` ..., or all in `.inputs`.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where a
    backward comes before any forward.
    Source: matlab_ref/EltWiseAdd.m.
    """

    def _join(self, inputs: tuple[Array, ...], out: Array | None) -> tuple[Array, None]:
        total = inputs[0]
        for x in inputs[1:-1]:  # not into `out`, which may be the memory of an input still to come
            total = total + x
        y: Array = np.add(total, inputs[-1], out=out)
        return y, None

    def _divide(self, dy: Array, count: int, kept: None) -> tuple[Array, ...]:  # noqa: ARG002
        return tuple(own(dy) for _ in range(count))
