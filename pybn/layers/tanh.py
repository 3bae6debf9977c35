"""The hyperbolic tangent."""

from __future__ import annotations

import numpy as np

from pybn.kernels.elementwise import check_any, deliver, own
from pybn.layers.base import (
    Array,
    Gradients,
    Layer,
    Shape,
    check_cached,
    check_float,
    check_like,
    check_out,
)


class Tanh(Layer):
    """y = tanh(x).

    Shapes: x, y, dy and dx alike, one to four axes, float32 or float64 throughout.
    The gradient is by y: dx = dy * (1 - y * y). NumPy's tanh and Octave's are a few ULP apart.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where a
    backward comes before any forward.
    Source: matlab_ref/Tanh.m.
    """

    def __init__(self) -> None:
        self._y: Array | None = None

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of x."""
        check_any("x", inputs[0])
        return inputs[0]

    def forward(self, x: Array, *, out: Array | None = None) -> Array:
        """Return y, shaped as x, written into `out` where one is given."""
        check_float("x", x)
        shape = self.output_shape(x.shape)
        if out is not None:
            check_out(out, shape, x.dtype)
        y = own(x)  # in one piece: tanh sees the same whatever the memory of x
        with np.errstate(all="ignore"):
            np.tanh(y, out=y)
        self._y = y
        return deliver(y, out)

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradient by x, shaped as x, written into `out` where one is given."""
        check_cached(self._y)
        assert self._y is not None  # noqa: S101  # for the type checker
        check_like("dy", dy, self._y.shape, self._y.dtype)
        if out is not None:
            check_out(out, dy.shape, dy.dtype)
        with np.errstate(all="ignore"):
            return Gradients(np.multiply(dy, 1 - self._y * self._y, out=out))
