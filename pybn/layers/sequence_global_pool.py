"""Global pooling of sequences: the mean, or the maximum, of all steps of each channel."""

from __future__ import annotations

import numpy as np

from pybn.layers.base import (
    Array,
    Gradients,
    Layer,
    Shape,
    check_cached,
    check_float,
    check_like,
    check_out,
    check_sequences,
    sequence_layout,
)
from pybn.layers.global_avg_pool_layer import GlobalAvgPoolLayer
from pybn.layers.global_max_pool_layer import GlobalMaxPoolLayer
from pybn.layouts import convert

KINDS = {"avg": GlobalAvgPoolLayer, "max": GlobalMaxPoolLayer}


class SequenceGlobalPool(Layer):
    """Take the mean ("avg") or the maximum ("max") of all steps of a channel: sequences become rows.

    Shapes, float32 or float64 throughout, sequences with the axes in the order that `layout` names:
        x, dx (N, T, C); y, dy (N, C)
    Steps add up in the order of time, from +0. Every maximum receives the full gradient; NaN is ignored unless a
    channel holds nothing else: its y is NaN, and its gradient reaches nobody.
    Raises ValueError or LayoutError for options; ShapeError, DTypeError or StateError, naming the tensor, what was
    wanted and what came.
    Source: the layers of images along one axis; matlab_ref/SequenceGlobalPool.m.
    """

    def __init__(self, kind: str = "avg", layout: str = "NTC") -> None:
        if kind not in KINDS:
            raise ValueError(f"kind: wanted 'avg' or 'max', got {kind!r}")
        self.kind = kind
        self.layout = sequence_layout(layout)
        self._image = KINDS[kind]()
        self._ran: tuple[Shape, Shape, np.dtype[np.floating]] | None = None

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: (N, C)."""
        check_sequences("x", inputs[0], self.layout)
        return inputs[0][self.layout.index("N")], inputs[0][self.layout.index("C")]

    def forward(self, x: Array, *, out: Array | None = None) -> Array:
        """Return y, rows, written into `out` where one is given."""
        check_float("x", x)
        shape = self.output_shape(x.shape)
        if out is not None:
            check_out(out, shape, x.dtype)
        y = np.empty(shape, x.dtype) if out is None else out
        self._image.forward(self._images(x), out=y[:, :, None, None])
        self._ran = x.shape, shape, x.dtype
        return y

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradient by x, written into `out` where one is given."""
        check_cached(self._ran)
        assert self._ran is not None  # noqa: S101  # for the type checker
        x_shape, shape, dtype = self._ran
        check_like("dy", dy, shape, dtype)
        if out is not None:
            check_out(out, x_shape, dtype)
        dx = np.empty(x_shape, dtype) if out is None else out
        self._image.backward(dy[:, :, None, None], out=self._images(dx))
        return Gradients(dx)

    def _images(self, x: Array) -> Array:
        """Return a view of sequences as images (N, C, 1, T)."""
        return convert(x[np.newaxis], f"H{self.layout}".replace("T", "W"), "NCHW")
