"""The fully connected layer: every output is a weighted sum of all inputs."""

from __future__ import annotations

import math

import numpy as np

from pybn.errors import ShapeError
from pybn.kernels.rows import rows_of
from pybn.kernels.sums import column_sums
from pybn.layers.base import (
    Array,
    Gradients,
    Layer,
    Shape,
    check_cached,
    check_float,
    check_images,
    check_like,
    check_numerics,
    check_out,
    check_sequences,
    tensor_layout,
)
from pybn.layouts import convert, orders_sequences


class FullyConnected(Layer):
    """Multiply rows by a matrix and add a bias: y = x w + b.

    Shapes, for N rows, D features and M outputs, float32 or float64 throughout:
        x (N, D), or images with the four axes of `layout`; y, dy (N, M); weight (D, M); bias (M,); dx as x
        or x sequences with the three axes of `layout`, D channels; y and dy such sequences of M channels
    Images are flattened channel by channel, row by row, as NumPy flattens NCHW, whatever `layout`. Of sequences,
    which `layout` "NTC" (or "CTN", any order) takes, every step is a row.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where no
    forward came before backward.
    Source: y = x w + b; dx = dy w', dw = x' dy, db = the column sums of dy; matlab_ref/FullyConnected.m.
    """

    parameters = ("weight", "bias")

    def __init__(self, layout: str = "NCHW", *, numerics: str = "octave") -> None:
        self.layout = tensor_layout(layout)
        self.numerics = check_numerics(numerics)
        # x' (D, N), weight' (M, D) and the shape of x. The columns of MATLAB's matrices are the rows here, so
        # that the products below ask a BLAS for the very thing that Octave asks its own for.
        self._cache: tuple[Array, Array, Shape] | None = None

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:
        """Return (N, M), for x (N, D) or images, and a weight (D, M); for sequences, such of M channels."""
        if weight is None:
            raise ShapeError("weight: wanted its shape (D, M), got None")
        x, outputs = inputs[0], self.parameter_shapes(inputs[0], weight)["weight"][1]
        if self._sequences(x):
            return tuple(outputs if axis == "C" else size for axis, size in zip(self.layout, x, strict=True))
        return (self._rows(x)[0], outputs)

    def parameter_shapes(self, x: Shape, weight: Shape) -> dict[str, Shape]:
        """Return (D, M) for the weight and (M,) for the bias."""
        features = self._rows(x)[1]
        if len(weight) != 2 or weight[0] != features or not weight[1]:
            turned = len(weight) == 2 and weight[1] == features
            raise ShapeError(
                f"weight: wanted (D, M) with D = {features}, as x {x} has, and M >= 1, got shape {weight}"
                f"{'; weight.T is (D, M)?' if turned else ''}"
            )
        return {"weight": weight, "bias": weight[1:]}

    def forward(self, x: Array, weight: Array, bias: Array, *, out: Array | None = None) -> Array:
        """Return y (N, M), or sequences of M channels, written into `out` where one is given."""
        check_float("x", x)
        check_float("weight", weight)
        for name, wanted in self.parameter_shapes(x.shape, weight.shape).items():
            check_like(name, {"weight": weight, "bias": bias}[name], wanted, x.dtype)
        shape = self.output_shape(x.shape, weight=weight.shape)
        if out is not None:
            check_out(out, shape, x.dtype)
        rows = rows_of(x, self.layout).T
        if x.ndim == 4:
            rows = convert(x, self.layout, "CHWN").reshape(-1, shape[0])
        columns, matrix = np.array(rows, order="C"), np.array(weight.T, order="C")
        y = np.empty_like(x, shape=shape, subok=False) if out is None else out
        there = convert(y, self.layout, "NTC") if y.ndim == 3 else y
        with np.errstate(all="ignore"):
            np.add((matrix @ columns).T.reshape(there.shape), bias, out=there)
        self._cache = (columns, matrix, x.shape)
        return y

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradients by x (shaped as x, written into `out` where one is given), weight and bias."""
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        columns, matrix, shape = self._cache
        check_like("dy", dy, self.output_shape(shape, weight=matrix.shape[::-1]), columns.dtype)
        if out is not None:
            check_out(out, shape, columns.dtype)
        rows = rows_of(dy, self.layout)
        given = np.ascontiguousarray(rows.T)
        with np.errstate(all="ignore"):
            dweight = np.ascontiguousarray((given @ columns.T).T)
            dbias = column_sums(rows)
            dcolumns = matrix.T @ given
        dx = np.empty_like(dy, shape=shape, subok=False) if out is None else out
        there = dx.T if dx.ndim == 2 else convert(dx, self.layout, "CNT" if dx.ndim == 3 else "CHWN")
        np.copyto(there, dcolumns.reshape(there.shape))
        return Gradients(dx, dweight, dbias)

    def _rows(self, x: Shape) -> tuple[int, int]:
        """Return (N, D) of an input, (N * T, D) of sequences."""
        if self._sequences(x):
            check_sequences("x", x, self.layout)
            features = x[self.layout.index("C")]
            return math.prod(x) // features, features
        if len(x) == 4 and not orders_sequences(self.layout):
            check_images("x", x, self.layout)
            images = x[self.layout.index("N")]
            return images, math.prod(x) // images
        if len(x) != 2 or 0 in x:
            raise ShapeError(
                f"x: wanted (N, D) or ({', '.join(self.layout)}) with no empty side, got shape {x}"
                f"{'; layout=' + repr('NTC') + ' takes sequences' if len(x) == 3 else ''}"
            )
        return x[0], x[1]

    def _sequences(self, x: Shape) -> bool:
        return len(x) == 3 and orders_sequences(self.layout)
