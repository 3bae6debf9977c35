"""Scores to probabilities: for each row, or for each pixel or step over its channels."""

from __future__ import annotations

import numpy as np

from pybn.kernels.elementwise import deliver
from pybn.kernels.rows import put_rows, rows_of
from pybn.kernels.sums import column_sums
from pybn.layers.base import (
    Array,
    Gradients,
    Layer,
    Shape,
    check_cached,
    check_float,
    check_like,
    check_numerics,
    check_out,
    check_tensor,
    tensor_layout,
)


class Softmax(Layer):
    """y = exp(x - max(x)) / sum(exp(x - max(x))), over the features of a row or the channels of a pixel.

    Shapes: x, y, dy and dx alike, float32 or float64 throughout: (N, D), taken over D; or, where `layout`
    names the four axes of images ("NCHW", "HWCN", any order) or the three of sequences ("NTC", "CTN", any order),
    such images or sequences, taken over C. Without `layout` they are refused.
    A row with NaN or +Inf becomes NaN; -Inf becomes 0 beside anything finite. NumPy's exp and Octave's are
    a few ULP apart; the sums run from the first feature to the last, as Octave's (`numerics="octave"`).
    The gradient is by y: dx = y * (dy - sum(dy * y)).
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; LayoutError for what
    is no order of axes; StateError where a backward comes before any forward.
    Source: matlab_ref/Softmax.m.
    """

    def __init__(self, layout: str | None = None, *, numerics: str = "octave") -> None:
        self.layout = None if layout is None else tensor_layout(layout)
        self.numerics = check_numerics(numerics)
        self._y: Array | None = None  # rows
        self._shape: Shape = ()

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of x, (N, D) or axes in the order of `layout`."""
        check_tensor("x", inputs[0], self.layout)
        return inputs[0]

    def forward(self, x: Array, *, out: Array | None = None) -> Array:
        """Return y, shaped as x, written into `out` where one is given."""
        check_float("x", x)
        shape = self.output_shape(x.shape)
        if out is not None:
            check_out(out, shape, x.dtype)
        rows = rows_of(x, self.layout)
        with np.errstate(all="ignore"):
            powers = np.ascontiguousarray(rows - rows.max(axis=1, keepdims=True))
            np.exp(powers, out=powers)
            self._y = powers / column_sums(powers.T)[:, None]
        self._shape = shape
        return self._answer(self._y, x, out)

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradient by x, shaped as x, written into `out` where one is given."""
        check_cached(self._y)
        assert self._y is not None  # noqa: S101  # for the type checker
        check_like("dy", dy, self._shape, self._y.dtype)
        if out is not None:
            check_out(out, dy.shape, dy.dtype)
        rows = rows_of(dy, self.layout)
        with np.errstate(all="ignore"):
            dx = self._y * (rows - column_sums((rows * self._y).T)[:, None])
        return Gradients(self._answer(dx, dy, out))

    def _answer(self, rows: Array, like: Array, out: Array | None) -> Array:
        if self.layout is None or like.ndim == 2:
            return deliver(rows, out)
        return put_rows(rows, np.empty_like(like, subok=False) if out is None else out, self.layout)
