"""The product of several inputs, element by element: a gate on what another branch made."""

from __future__ import annotations

import numpy as np

from pybn.kernels.elementwise import own
from pybn.layers.base import Array
from pybn.layers.elt_wise import EltWise


class EltWiseMul(EltWise):
    """y = x1 * x2 * ..., from left to right.

    Shapes: all inputs, y, dy and every dx alike, one to four axes, float32 or float64 throughout.
    Each input's gradient is dy times all other inputs, from left to right: `backward(dy).input1`, `.input2` ...,
    or all in `.inputs`. Nothing is divided, so that zeros among the inputs do no harm.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where a
    backward comes before any forward.
    Source: matlab_ref/EltWiseMul.m.
    """

    def _join(self, inputs: tuple[Array, ...], out: Array | None) -> tuple[Array, tuple[Array, ...]]:
        kept = tuple(own(x) for x in inputs)  # before y is written: `out` may be the memory of one
        product = kept[0]
        for x in kept[1:-1]:
            product = product * x
        y: Array = np.multiply(product, kept[-1], out=out)
        return y, kept

    def _divide(self, dy: Array, count: int, kept: tuple[Array, ...]) -> tuple[Array, ...]:
        gradients = []
        for k in range(count):
            dx = own(dy)
            for other in (*kept[:k], *kept[k + 1 :]):
                dx *= other
            gradients.append(dx)
        return tuple(gradients)
