"""The parametric rectifier: what is negative keeps a slope that is learnt, one for each channel."""

from __future__ import annotations

import numpy as np

from pybn.kernels.elementwise import own, where
from pybn.kernels.rows import rows_of
from pybn.kernels.sums import column_sums
from pybn.layers.base import (
    Array,
    Gradients,
    Layer,
    Shape,
    check_cached,
    check_float,
    check_like,
    check_out,
    check_tensor,
    tensor_layout,
)


class PRelu(Layer):
    """y = x where x >= 0, otherwise weight * x, with a weight for each channel.

    Shapes, float32 or float64 throughout:
        x, y, dy, dx rows (N, D), or images or sequences with the axes of `layout` ("NCHW", "NTC", any order);
        weight (D,) of rows, (C,) of images and sequences
    The derivative at 0 is 1. A NaN stays one, and its gradient is weight * dy.
    Raises ShapeError, DTypeError, LayoutError or StateError, naming the tensor, what was wanted and what came.
    Source: He and others (2015); matlab_ref/PRelu.m.
    """

    parameters = ("weight",)

    def __init__(self, layout: str = "NCHW") -> None:
        self.layout = tensor_layout(layout)
        self._cache: tuple[Array, Array] | None = None

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of x."""
        check_tensor("x", inputs[0], self.layout)
        return inputs[0]

    def parameter_shapes(self, x: Shape, weight: Shape) -> dict[str, Shape]:  # noqa: ARG002
        """Return (D,) or (C,) for the weight."""
        self.output_shape(x)
        return {"weight": (x[1 if len(x) == 2 else self.layout.index("C")],)}

    def forward(self, x: Array, weight: Array, *, out: Array | None = None) -> Array:
        """Return y, shaped as x, written into `out` where one is given."""
        check_float("x", x)
        check_like("weight", weight, self.parameter_shapes(x.shape, ())["weight"], x.dtype)
        if out is not None:
            check_out(out, x.shape, x.dtype)
        self._cache = (own(x), own(weight))
        with np.errstate(all="ignore"):
            return where(np.asarray(x >= 0), x, self._spread(weight, x.shape) * x, out)

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradients by x (shaped so, written into `out` where one is given) and by the weight."""
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        x, weight = self._cache
        check_like("dy", dy, x.shape, x.dtype)
        if out is not None:
            check_out(out, x.shape, x.dtype)
        positive = np.asarray(x >= 0)
        with np.errstate(all="ignore"):
            by_weight = np.where(positive, x.dtype.type(0), dy * x)
            dweight = column_sums(rows_of(by_weight, self.layout))
            dx = where(positive, dy, self._spread(weight, x.shape) * dy, out)
        return Gradients(dx, dweight)

    def _spread(self, weight: Array, x: Shape) -> Array:
        """Return the weight with the axes of x."""
        channels = 1 if len(x) == 2 else self.layout.index("C")
        return weight.reshape([size if axis == channels else 1 for axis, size in enumerate(x)])
