"""Layer normalisation: each row, or each step of a sequence, by its own mean and variance."""

from __future__ import annotations

import math

import numpy as np

from pybn.errors import ShapeError
from pybn.kernels.normalise import normalised, through_normalised
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
    number,
)


class LayerNorm(Layer):
    """Normalise each row over its last axis, then scale and shift it: y = weight * (x - mean) / sqrt(var + eps) + bias.

    Shapes, float32 or float64 throughout:
        x, y, dy, dx rows (N, D), or sequences (N, T, D); weight, bias (D,)
    Variance is biased (1/D). Nothing is gathered: training and inference are alike.
    Sums run from the first feature to the last, as Octave's (`numerics="octave"`). Images: GroupNorm(1).
    Raises ValueError for options; ShapeError, DTypeError or StateError, naming the tensor, what was wanted and what
    came.
    Source: Ba, Kiros and Hinton (2016); matlab_ref/LayerNorm.m.
    """

    parameters = ("weight", "bias")

    def __init__(self, eps: float = 1e-5, *, numerics: str = "octave") -> None:
        if not 0 <= number(eps) < math.inf:
            raise ValueError(f"eps: wanted a finite number >= 0, got {eps!r}")
        self.eps = float(eps)
        self.numerics = check_numerics(numerics)
        self._cache: tuple[Array, Array, Array, Shape] | None = None

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of x, (N, D) or (N, T, D)."""
        if len(inputs[0]) not in (2, 3) or 0 in inputs[0]:
            hint = "; GroupNorm(1) takes images" if len(inputs[0]) == 4 else ""
            raise ShapeError(f"x: wanted (N, D) or (N, T, D) with no empty side, got shape {inputs[0]}{hint}")
        return inputs[0]

    def parameter_shapes(self, x: Shape, weight: Shape) -> dict[str, Shape]:  # noqa: ARG002
        """Return (D,) for weight and bias."""
        features = self.output_shape(x)[-1:]
        return {"weight": features, "bias": features}

    def forward(self, x: Array, weight: Array, bias: Array, *, out: Array | None = None) -> Array:
        """Return y, shaped as x, written into `out` where one is given."""
        check_float("x", x)
        for name, shape in self.parameter_shapes(x.shape, ()).items():
            check_like(name, {"weight": weight, "bias": bias}[name], shape, x.dtype)
        if out is not None:
            check_out(out, x.shape, x.dtype)
        with np.errstate(all="ignore"):
            xhat, root = normalised(x.reshape(-1, x.shape[-1]), self.eps)
            rows = xhat * weight + bias
        self._cache = (xhat, root, weight.copy(), x.shape)
        return _filled(rows, x, out)

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradients by x (shaped so, written into `out` where one is given), weight (D,) and bias (D,)."""
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        xhat, root, weight, shape = self._cache
        check_like("dy", dy, shape, xhat.dtype)
        if out is not None:
            check_out(out, shape, xhat.dtype)
        rows = dy.reshape(xhat.shape)
        with np.errstate(all="ignore"):
            dweight, dbias = column_sums(rows * xhat), column_sums(rows)
            dx = through_normalised(rows * weight, xhat, root)
        return Gradients(_filled(dx, dy, out), dweight, dbias)


def _filled(rows: Array, like: Array, out: Array | None) -> Array:
    result = np.empty_like(like, subok=False) if out is None else out
    np.copyto(result, rows.reshape(like.shape))
    return result
